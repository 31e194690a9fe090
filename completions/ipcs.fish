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
        key 'key in hex; 0x00000000 is private or removed' \
        id 'identifier' \
        seq 'slot usage sequence number, part of the id' \
        owner 'owner\'s name, or number' \
        uid 'owner\'s user id' \
        group 'group\'s name, or number' \
        gid 'group id' \
        creator 'creator\'s name, or number' \
        cuid 'creator\'s user id' \
        creator_group 'name of the creator\'s group, or number' \
        cgid 'creator\'s group id' \
        perms 'permissions in octal' \
        mode 'permissions as ls writes them' \
        ctime 'last change of owner, mode or size' \
        size 'bytes of the segment' \
        nattch 'mappings (one process may have several)' \
        status 'dest (removed, still attached), locked (not swapped)' \
        cpid 'creator\'s process id' \
        lpid 'process id of the last attach or detach' \
        atime 'last attach' \
        dtime 'last detach' \
        rss 'bytes in memory' \
        swap 'bytes in swap' \
        cbytes 'bytes of the messages in the queue' \
        qbytes 'bytes that the queue may hold' \
        qnum 'messages in the queue' \
        lspid 'process id of the last sender' \
        lrpid 'process id of the last receiver' \
        stime 'last send' \
        rtime 'last receive' \
        nsems 'semaphores in the set' \
        otime 'last operation' \
        command 'command line of the creator, while it lives' \
        processes 'the live processes that use it (pid, roles, access)' \
        attached 'processes that have it attached; not known when some may be out of sight' \
        waiting 'threads that are blocked on it; not known when some may be out of sight' \
        original_key 'key that it was made with, also of a removed one that is still attached' \
        processes_complete 'whether every process that could use it was seen' \
        alive 'whether each process that the kernel recorded lives' \
        orphaned 'whether nothing alive can be using it; unknown when that cannot be proved' \
        orphan_reason 'why it is orphaned, or not, or why that is unknown' \
        semaphores 'value, waiters and last process of each semaphore (with -i)'
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
complete -c ipcs -l key -d 'Key is one of these (decimal, 0x hex, 0 octal)' -r -f
complete -c ipcs -l min-size -d 'Size is at least SIZE (4096, 64K, 1.5GiB)' -r -f
complete -c ipcs -l older -d 'Not changed for at least DURATION (90s, 1h30m)' -r -f
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
complete -c ipcs -l unused -d 'Nobody is using the object at the moment'
complete -c ipcs -l orphaned -d 'No live process can be using the object'
complete -c ipcs -s b -l bytes -d 'Print sizes in bytes'
complete -c ipcs -l human -d 'Print sizes with a unit letter, such as 1.5K'
complete -c ipcs -l numeric -d 'Print user and group IDs instead of names'
complete -c ipcs -s h -l help -d 'Print this help'
complete -c ipcs -s V -l version -d 'Print the version'
complete -c ipcs -f
