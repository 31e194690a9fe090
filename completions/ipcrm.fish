# Candidates for the last part of a comma list. The first pattern is what of the word is
# the option's name, the second what of the rest stays before each candidate.
function __fish_ipcrm_list
    set -l typed (commandline -ct | string replace -r -- $argv[1] '')
    set -l before (string match -r -- $argv[2] $typed)
    while read -l line
        printf '%s%s\n' $before[1] $line
    end
end

# Prints what ipcs lists. The first argument is what to list; words already typed follow. A program
# that does not know the option prints nothing that is used.
function __fish_ipcrm_candidates
    set -l lines (command ipcs --list-candidates $argv[1] -- $argv[2..-1] 2>/dev/null)
    or return
    for line in $lines
        printf '%s\n' $line
    end
end

# The number at the end of the current word.
function __fish_ipcrm_prefix
    string match -r -- '[0-9a-fx]*$' (commandline -ct)
end

# The same for namespaces, or the names of files if the current word is a path.
function __fish_ipcrm_namespaces
    set -l typed (commandline -ct | string replace -r -- '^--[a-z]*=' '')
    if string match -qr -- '^[/.]' $typed
        __fish_complete_path $typed
    else
        __fish_ipcrm_candidates $argv[1]$typed $argv[2..-1]
    end
end

# Prints IDs after a kind, otherwise kinds.
function __fish_ipcrm_operands
    set -l kind
    set -l named
    for word in (commandline -opc)[2..-1]
        switch $word
            case msg pmsg psem pshm sem shm
                set kind $word
                set named
            case '--owner*' '--created-by*' '--group*' '--key*' '--min-size*' '--max-size*' '--full*' '--used-by*' '--older*' '--idle*' '--unused*' '--orphaned*' '--in-use*' '--include-unsure*'
                # With a filter there are no IDs.
                set kind
                break
            case '*'
                set -a named $word
        end
    end
    if set -q kind[1]
        __fish_ipcrm_candidates $kind:(__fish_ipcrm_prefix) $named
    else
        printf '%s\n' msg pmsg psem pshm sem shm
    end
end

complete -c ipcrm -s m -l shmem-id -d 'Segment with this ID (decimal, or hex with 0x)' -r -f -a "(__fish_ipcrm_candidates shm:(__fish_ipcrm_prefix))"
complete -c ipcrm -s M -l shmem-key -d 'Segment with this key (decimal, 0x or 0 octal)' -r -f -a "(__fish_ipcrm_candidates shm-key:(__fish_ipcrm_prefix))"
complete -c ipcrm -s q -l queue-id -d 'Queue with this ID' -r -f -a "(__fish_ipcrm_candidates msg:(__fish_ipcrm_prefix))"
complete -c ipcrm -s Q -l queue-key -d 'Queue with this key' -r -f -a "(__fish_ipcrm_candidates msg-key:(__fish_ipcrm_prefix))"
complete -c ipcrm -s s -l semaphore-id -d 'Semaphore set with this ID' -r -f -a "(__fish_ipcrm_candidates sem:(__fish_ipcrm_prefix))"
complete -c ipcrm -s S -l semaphore-key -d 'Semaphore set with this key' -r -f -a "(__fish_ipcrm_candidates sem-key:(__fish_ipcrm_prefix))"
complete -c ipcrm -l posix-shmem -d 'POSIX shared memory with this name' -r -f -a "(__fish_ipcrm_candidates pshm:(__fish_ipcrm_prefix))"
complete -c ipcrm -l posix-mqueue -d 'POSIX message queue with this name' -r -f -a "(__fish_ipcrm_candidates pmsg:(__fish_ipcrm_prefix))"
complete -c ipcrm -l posix-semaphore -d 'POSIX semaphore with this name' -r -f -a "(__fish_ipcrm_candidates psem:(__fish_ipcrm_prefix))"
complete -c ipcrm -s a -l all -d 'All System V objects, or all objects of one kind' -f -a "msg\t''
pmsg\t''
psem\t''
pshm\t''
sem\t''
shm\t''"
complete -c ipcrm -l owner -d 'Owner is one of these users (name or ID)' -r -f -a "(__fish_complete_users | __fish_ipcrm_list '^(--owner=)' '^(?:.*,)?')"
complete -c ipcrm -l created-by -d 'Creator is one of these users (name or ID)' -r -f -a "(__fish_complete_users | __fish_ipcrm_list '^(--created-by=)' '^(?:.*,)?')"
complete -c ipcrm -l group -d 'Group is one of these groups (name or ID)' -r -f -a "(__fish_complete_groups | __fish_ipcrm_list '^(--group=)' '^(?:.*,)?')"
complete -c ipcrm -l key -d 'Key is one of these; none: no key; any: any key' -r -f -a "(__fish_ipcrm_candidates key:(__fish_ipcrm_prefix) | __fish_ipcrm_list '^(--key=)' '^(?:.*,)?')"
complete -c ipcrm -l min-size -d 'Size is at least SIZE (4096, 64K, 1.5GiB)' -r -f
complete -c ipcrm -l max-size -d 'Size is at most SIZE' -r -f
complete -c ipcrm -l full -d 'Queue is at least this full (80, 99.5%)' -r -f
complete -c ipcrm -l used-by -d 'Used by one of these processes' -r -f -a "(__fish_ipcrm_candidates pid:(__fish_ipcrm_prefix) | __fish_ipcrm_list '^(--used-by=)' '^(?:.*,)?')"
complete -c ipcrm -l older -d 'Not changed for at least DURATION (90s, 1h30m, 3d)' -r -f
complete -c ipcrm -l idle -d 'Neither used nor changed for at least DURATION' -r -f
complete -c ipcrm -l namespace -d 'In another IPC namespace, or in all of them' -r -f -a "(__fish_ipcrm_namespaces namespace:)"
complete -c ipcrm -l unused -d 'Certainly not in use; for a segment, not attached'
complete -c ipcrm -l orphaned -d 'Orphaned: no running process seems to need it'
complete -c ipcrm -l in-use -d 'Attached, blocked on, or its last user is alive'
complete -c ipcrm -l include-unsure -d 'Also unsure objects, if idle as --idle says'
complete -c ipcrm -l force -d 'With a filter, also remove objects that are in use'
complete -c ipcrm -s n -l dry-run -d 'Print what would happen, but remove nothing'
complete -c ipcrm -s i -l interactive -d 'Ask on the terminal before each removal'
complete -c ipcrm -l ignore-missing -d 'Do not treat objects that do not exist as errors'
complete -c ipcrm -s v -l verbose -d 'Print each removal and every object that is kept'
complete -c ipcrm -s J -l json -d 'Print the result as one JSON document'
complete -c ipcrm -s h -d 'Print the options that are used most'
complete -c ipcrm -l help -d 'Print all options'
complete -c ipcrm -s V -l version -d 'Print the version'
complete -c ipcrm -f -a "(__fish_ipcrm_operands)"
