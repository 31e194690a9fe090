# Candidates for the last part of a comma list. The first pattern is what of the word is
# the option's name, the second what of the rest stays before each candidate.
function __fish_ipcrm_list
    set -l typed (commandline -ct | string replace -r -- $argv[1] '')
    set -l before (string match -r -- $argv[2] $typed)
    while read -l line
        printf '%s%s\n' $before[1] $line
    end
end

complete -c ipcrm -s m -l shmem-id -d 'Segment with this ID (decimal, or hex with 0x)' -r -f
complete -c ipcrm -s M -l shmem-key -d 'Segment with this key (decimal, 0x hex or 0 octal)' -r -f
complete -c ipcrm -s q -l queue-id -d 'Queue with this ID' -r -f
complete -c ipcrm -s Q -l queue-key -d 'Queue with this key' -r -f
complete -c ipcrm -s s -l semaphore-id -d 'Semaphore set with this ID' -r -f
complete -c ipcrm -s S -l semaphore-key -d 'Semaphore set with this key' -r -f
complete -c ipcrm -s a -l all -d 'All objects, or all of one kind: shm, msg or sem' -f -a "msg\t''
sem\t''
shm\t''"
complete -c ipcrm -l owner -d 'Owner is one of these users (name or ID)' -r -f -a "(__fish_complete_users | __fish_ipcrm_list '^(--owner=)' '^(?:.*,)?')"
complete -c ipcrm -l created-by -d 'Creator is one of these users (name or ID)' -r -f -a "(__fish_complete_users | __fish_ipcrm_list '^(--created-by=)' '^(?:.*,)?')"
complete -c ipcrm -l group -d 'Group is one of these groups (name or ID)' -r -f -a "(__fish_complete_groups | __fish_ipcrm_list '^(--group=)' '^(?:.*,)?')"
complete -c ipcrm -l key -d 'Key is one of these; none: it has no key, any: it has one' -r -f
complete -c ipcrm -l min-size -d 'Size is at least SIZE (4096, 64K, 1.5GiB)' -r -f
complete -c ipcrm -l max-size -d 'Size is at most SIZE' -r -f
complete -c ipcrm -l full -d 'Queue is at least this full (80, 99.5%)' -r -f
complete -c ipcrm -l used-by -d 'Used by one of these processes' -r -f
complete -c ipcrm -l older -d 'Not changed for at least DURATION (90s, 1h30m, 3d)' -r -f
complete -c ipcrm -l idle -d 'Neither used nor changed for at least DURATION' -r -f
complete -c ipcrm -l unused -d 'Certainly not in use; for a segment, not attached'
complete -c ipcrm -l orphaned -d 'Left behind: no running process is found that may still need it'
complete -c ipcrm -l in-use -d 'In use: attached, blocked on, or used last by a live process'
complete -c ipcrm -l include-unsure -d 'Also what may be in use, if untouched for as long as --idle says'
complete -c ipcrm -l force -d 'With a filter, also remove objects that are in use'
complete -c ipcrm -s n -l dry-run -d 'Print what would happen, but remove nothing'
complete -c ipcrm -s i -l interactive -d 'Ask on the terminal before each removal'
complete -c ipcrm -l ignore-missing -d 'Do not treat objects that do not exist as errors'
complete -c ipcrm -s v -l verbose -d 'Print each removal and every object that is kept'
complete -c ipcrm -s J -l json -d 'Print the result as one JSON document'
complete -c ipcrm -s h -l help -d 'Print this help'
complete -c ipcrm -s V -l version -d 'Print the version'
complete -c ipcrm -f -a "msg sem shm"
