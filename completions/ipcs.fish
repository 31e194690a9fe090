# Candidates for the last part of a comma list. The first pattern is what of the word is
# the option's name, the second what of the rest stays before each candidate.
function __fish_ipcs_list
    set -l typed (commandline -ct | string replace -r -- $argv[1] '')
    set -l before (string match -r -- $argv[2] $typed)
    while read -l line
        printf '%s%s\n' $before[1] $line
    end
end

function __fish_ipcs_columns
    printf '%s\t%s\n' \
        kind 'kind of the object: shm, msg or sem' \
        key 'key in hex; 0x00000000 for private objects and removed segments' \
        id 'identifier' \
        seq 'sequence number of the table slot, part of the ID' \
        owner 'name of the owner, or its ID' \
        uid 'user ID of the owner' \
        group 'name of the group, or its ID' \
        gid 'group ID' \
        creator 'name of the creator, or its ID' \
        cuid 'user ID of the creator' \
        creator_group 'name of the creator\'s group, or its ID' \
        cgid 'group ID of the creator' \
        perms 'permissions in octal' \
        mode 'permissions in the format of ls' \
        ctime 'creation, or last change of owner, permissions or capacity' \
        size 'size of the segment in bytes' \
        nattch 'number of attaches (a process may attach several times)' \
        status 'dest (removed but still attached), locked (never swapped out)' \
        cpid 'process ID of the creator' \
        lpid 'process ID of the last attach or detach' \
        atime 'last attach' \
        dtime 'last detach' \
        rss 'resident bytes' \
        swap 'swapped bytes' \
        cbytes 'bytes in all messages of the queue' \
        qbytes 'capacity of the queue in bytes' \
        qnum 'number of messages in the queue' \
        lspid 'process ID of the last sender' \
        lrpid 'process ID of the last receiver' \
        stime 'last send' \
        rtime 'last receive' \
        nsems 'number of semaphores in the set' \
        otime 'last operation' \
        command 'command line of the creator, if it is still running' \
        processes 'live processes that use the object (PID, roles, access)' \
        attached 'number of processes that have it attached' \
        waiting 'number of threads blocked on it' \
        original_key 'key at creation, also for a removed segment that is still attached' \
        processes_complete 'whether all processes that could use it were inspected' \
        alive 'whether each recorded process is alive' \
        in_use 'whether a process is using it; unknown if one could come back to it' \
        use_reason 'reason for the value of in_use' \
        keepers 'processes that may still need the object, if in_use or orphaned is unknown' \
        orphaned 'whether it was left behind: no live process could come back to it' \
        orphan_reason 'reason for the value of orphaned' \
        semaphores 'value, waiters and last process of each semaphore (only with -i)'
end

complete -c ipcs -s i -l id -d 'Show one object in full; needs exactly one of -m, -q, -s' -r -f
complete -c ipcs -l format -d 'Format: classic, table, json, jsonl, csv, raw or export' -r -f -a "classic\t''
table\t''
json\t''
jsonl\t''
csv\t''
raw\t''
export\t''"
complete -c ipcs -l color -d 'Colour tables: auto (the default), always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ipcs -s o -l output -d 'Show these columns: id,size or all; +id adds a column' -r -f -a "(begin; __fish_ipcs_columns; printf 'all\tevery column\n'; end | __fish_ipcs_list '^(--output=|-o)' '^(?:.*,)?(?:^[+])?')"
complete -c ipcs -l sort -d 'Sort by these columns: owner,-size (- is descending)' -r -f -a "(__fish_ipcs_columns | __fish_ipcs_list '^(--sort=)' '^(?:.*,)?[-]?')"
complete -c ipcs -l owner -d 'Owner is one of these users (name or ID)' -r -f -a "(__fish_complete_users | __fish_ipcs_list '^(--owner=)' '^(?:.*,)?')"
complete -c ipcs -l created-by -d 'Creator is one of these users (name or ID)' -r -f -a "(__fish_complete_users | __fish_ipcs_list '^(--created-by=)' '^(?:.*,)?')"
complete -c ipcs -l group -d 'Group is one of these groups (name or ID)' -r -f -a "(__fish_complete_groups | __fish_ipcs_list '^(--group=)' '^(?:.*,)?')"
complete -c ipcs -l key -d 'Key is one of these; none: it has no key, any: it has one' -r -f
complete -c ipcs -l min-size -d 'Size is at least SIZE (4096, 64K, 1.5GiB)' -r -f
complete -c ipcs -l max-size -d 'Size is at most SIZE' -r -f
complete -c ipcs -l full -d 'Queue is at least this full (80, 99.5%)' -r -f
complete -c ipcs -l used-by -d 'Used by one of these processes' -r -f
complete -c ipcs -l older -d 'Not changed for at least DURATION (90s, 1h30m, 3d)' -r -f
complete -c ipcs -l idle -d 'Neither used nor changed for at least DURATION' -r -f
complete -c ipcs -l time-format -d 'Time format: short, full or iso' -r -f -a "short\t''
full\t''
iso\t''"
complete -c ipcs -s m -l shmems -d 'Show shared memory segments'
complete -c ipcs -s q -l queues -d 'Show message queues'
complete -c ipcs -s s -l semaphores -d 'Show semaphore sets'
complete -c ipcs -s a -l all -d 'Show all three kinds (the default)'
complete -c ipcs -s t -l time -d 'Show when each object was last used and last changed'
complete -c ipcs -s p -l pid -d 'Show the process IDs that the kernel recorded for each object'
complete -c ipcs -s c -l creator -d 'Show who created each object and who owns it'
complete -c ipcs -s l -l limits -d 'Show the kernel\'s limits'
complete -c ipcs -s u -l summary -d 'Show totals over all objects'
complete -c ipcs -s P -l processes -d 'Also show which processes use each object'
complete -c ipcs -s J -l json -d 'Short for --format json'
complete -c ipcs -l table -d 'Short for --format table'
complete -c ipcs -l no-headings -d 'Omit titles and headings'
complete -c ipcs -l no-truncate -d 'Do not shorten text to fit the terminal'
complete -c ipcs -l list-columns -d 'List all columns with their kinds and meaning'
complete -c ipcs -l unused -d 'Certainly not in use; for a segment, not attached'
complete -c ipcs -l orphaned -d 'Left behind: no running process is found that may still need it'
complete -c ipcs -l in-use -d 'In use: attached, blocked on, or used last by a live process'
complete -c ipcs -l include-unsure -d 'Also what may be in use, if untouched for as long as --idle says'
complete -c ipcs -s b -l bytes -d 'Print sizes in bytes'
complete -c ipcs -l human -d 'Print sizes with a unit letter, such as 1.5K'
complete -c ipcs -l numeric -d 'Print user and group IDs instead of names'
complete -c ipcs -s h -l help -d 'Print this help'
complete -c ipcs -s V -l version -d 'Print the version'
complete -c ipcs -f
