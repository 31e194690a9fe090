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

complete -c ipcs -s i -l id -d 'Everything about one object; needs exactly one of -m, -q and -s' -r -f
complete -c ipcs -l format -d 'How to write: classic (as util-linux), table, json, jsonl (one object a line), csv, raw (fields separated by one blank), export (for a shell\'s eval)' -r -f -a "classic\t''
table\t''
json\t''
jsonl\t''
csv\t''
raw\t''
export\t''"
complete -c ipcs -l color -d 'Colours in tables: auto, always or never; NO_COLOR is honoured' -r -f -a "auto\t''
always\t''
never\t''"
complete -c ipcs -s o -l output -d 'Columns, separated by commas; +COLUMN adds to those of the view; all is every one, those of the processes only with -P' -r -f -a "(begin; __fish_ipcs_columns; printf 'all\tevery column\n'; end | __fish_ipcs_list '^(--output=|-o)' '^(?:.*,)?(?:^[+])?')"
complete -c ipcs -l sort -d 'Sort by columns, separated by commas; -COLUMN is descending' -r -f -a "(__fish_ipcs_columns | __fish_ipcs_list '^(--sort=)' '^(?:.*,)?[-]?')"
complete -c ipcs -l owner -d 'Owned by one of these users (name or number)' -r -f -a "(__fish_complete_users | __fish_ipcs_list '^(--owner=)' '^(?:.*,)?')"
complete -c ipcs -l created-by -d 'Created by one of these users (name or number)' -r -f -a "(__fish_complete_users | __fish_ipcs_list '^(--created-by=)' '^(?:.*,)?')"
complete -c ipcs -l group -d 'Belonging to one of these groups (name or number)' -r -f -a "(__fish_complete_groups | __fish_ipcs_list '^(--group=)' '^(?:.*,)?')"
complete -c ipcs -l key -d 'With one of these keys, in any base' -r -f
complete -c ipcs -l min-size -d 'At least this large: bytes of a segment or of the messages in a queue, semaphores of a set; K and KiB are 1024, KB is 1000, up to E' -r -f
complete -c ipcs -l older -d 'Last changed at least this long ago: 90s, 15m, 2h, 3d, 1h30m' -r -f
complete -c ipcs -l idle -d 'Neither used nor changed for at least this long' -r -f
complete -c ipcs -l time-format -d 'Times: short (14:05, Nov 23), full (2026-11-23 14:05:26) or iso (RFC 3339, local)' -r -f -a "short\t''
full\t''
iso\t''"
complete -c ipcs -s m -l shmems -d 'Shared memory segments'
complete -c ipcs -s q -l queues -d 'Message queues'
complete -c ipcs -s s -l semaphores -d 'Semaphore sets'
complete -c ipcs -s a -l all -d 'All three kinds (the default)'
complete -c ipcs -s t -l time -d 'Times of the last use and change'
complete -c ipcs -s p -l pid -d 'Processes that the kernel recorded: creator and last user'
complete -c ipcs -s c -l creator -d 'Creators and owners'
complete -c ipcs -s l -l limits -d 'Limits of the system'
complete -c ipcs -s u -l summary -d 'Sums over all objects'
complete -c ipcs -s P -l processes -d 'Also who uses each object: attached, blocked, creator and last user, and whether it is orphaned'
complete -c ipcs -s J -l json -d 'The same as --format json: every field, whatever the view'
complete -c ipcs -l table -d 'The same as --format table: fits a terminal; with -i a card, with -l and -u the use'
complete -c ipcs -l no-headings -d 'Leave out titles and headings'
complete -c ipcs -l no-truncate -d 'Never cut a text to fit the terminal'
complete -c ipcs -l list-columns -d 'Say what each column means and which kinds have it'
complete -c ipcs -l unused -d 'Used by nobody: nothing attached; no message, nobody blocked, last users gone'
complete -c ipcs -l orphaned -d 'Left behind: nothing alive can be using it; in doubt it is not listed'
complete -c ipcs -s b -l bytes -d 'Sizes in bytes'
complete -c ipcs -l human -d 'Sizes as a figure and a letter: 1.5K'
complete -c ipcs -l numeric -d 'Numbers in place of the names of users and groups'
complete -c ipcs -s h -l help -d 'Show this help'
complete -c ipcs -s V -l version -d 'Show the version'
complete -c ipcs -f
