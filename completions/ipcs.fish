# Candidates for the last part of a comma list. The first pattern is what of the word is
# the option's name, the second what of the rest stays before each candidate.
function __fish_ipcs_list
    set -l typed (commandline -ct | string replace -r -- $argv[1] '')
    set -l before (string match -r -- $argv[2] $typed)
    while read -l line
        printf '%s%s\n' $before[1] $line
    end
end

# Prints what ipcs lists. The first argument is what to list; words already typed follow. A program
# that does not know the option prints nothing that is used.
function __fish_ipcs_candidates
    set -l lines (command ipcs --list-candidates $argv[1] -- $argv[2..-1] 2>/dev/null)
    or return
    for line in $lines
        printf '%s\n' $line
    end
end

# The number at the end of the current word.
function __fish_ipcs_prefix
    string match -r -- '[0-9a-fx]*$' (commandline -ct)
end

# The same for namespaces, or the names of files if the current word is a path.
function __fish_ipcs_namespaces
    set -l typed (commandline -ct | string replace -r -- '^--[a-z]*=' '')
    if string match -qr -- '^[/.]' $typed
        __fish_complete_path $typed
    else
        __fish_ipcs_candidates $argv[1]$typed $argv[2..-1]
    end
end

complete -c ipcs -s i -l id -d 'Show one object in full, with one of -m, -q, -s' -r -f -a "(__fish_ipcs_candidates id:(__fish_ipcs_prefix) (commandline -op)[2..-1])"
complete -c ipcs -l name -d 'Show the POSIX objects with this name in full' -r -f -a "(__fish_ipcs_candidates name:(__fish_ipcs_prefix) (commandline -op)[2..-1])"
complete -c ipcs -l group-by -d 'Show the totals of -u by owner or another word' -r -f -a "owner\t''
creator\t''
group\t''
command\t''
namespace\t''"
complete -c ipcs -l check -d 'Check limits, or count objects (for monitoring)' -f
complete -c ipcs -l write -d 'With --prometheus, replace FILE instead of printing' -r -F
complete -c ipcs -l explain -d 'Explain why a call fails: semget, ENOSPC' -r -f -a "semget\t''
shmget\t''
shmat\t''
shmctl\t''
SHM_LOCK\t''
msgget\t''
msgsnd\t''
msgctl\t''
IPC_SET\t''
semop\t''
semtimedop\t''
semctl\t''
SETVAL\t''
SETALL\t''
mq_open\t''
shm_open\t''
sem_open\t''
fallocate\t''
posix_fallocate\t''
write\t''
ftruncate\t''
mmap\t''
ENOSPC\t''
EINVAL\t''
ENOMEM\t''
EPERM\t''
EACCES\t''
EAGAIN\t''
EMFILE\t''
E2BIG\t''
EFBIG\t''
ERANGE\t''
SIGBUS\t''
SIGKILL\t''"
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
complete -c ipcs -s o -l output -d 'Show these columns: id,size or all; +id adds a column' -r -f -a "(__fish_ipcs_candidates column: (commandline -op)[2..-1] | __fish_ipcs_list '^(--output=|-[^-]*o)' '^(?:.*,)?(?:^[+])?')"
complete -c ipcs -l sort -d 'Sort by these columns: owner,-size (- is descending)' -r -f -a "(__fish_ipcs_candidates sort-column: (commandline -op)[2..-1] | __fish_ipcs_list '^(--sort=)' '^(?:.*,)?[-]?')"
complete -c ipcs -l top -d 'Show the first N objects of each kind, after sorting' -r -f
complete -c ipcs -l owner -d 'Owner is one of these users (name or ID)' -r -f -a "(__fish_complete_users | __fish_ipcs_list '^(--owner=)' '^(?:.*,)?')"
complete -c ipcs -l created-by -d 'Creator is one of these users (name or ID)' -r -f -a "(__fish_complete_users | __fish_ipcs_list '^(--created-by=)' '^(?:.*,)?')"
complete -c ipcs -l group -d 'Group is one of these groups (name or ID)' -r -f -a "(__fish_complete_groups | __fish_ipcs_list '^(--group=)' '^(?:.*,)?')"
complete -c ipcs -l key -d 'Key is one of these; none: no key; any: any key' -r -f -a "(__fish_ipcs_candidates key:(__fish_ipcs_prefix) (commandline -op)[2..-1] | __fish_ipcs_list '^(--key=)' '^(?:.*,)?')"
complete -c ipcs -l min-size -d 'Size is at least SIZE (4096, 64K, 1.5GiB)' -r -f
complete -c ipcs -l max-size -d 'Size is at most SIZE' -r -f
complete -c ipcs -l full -d 'Queue is at least this full (80, 99.5%)' -r -f
complete -c ipcs -l used-by -d 'Used by one of these processes' -r -f -a "(__fish_ipcs_candidates pid:(__fish_ipcs_prefix) (commandline -op)[2..-1] | __fish_ipcs_list '^(--used-by=)' '^(?:.*,)?')"
complete -c ipcs -l older -d 'Not changed for at least DURATION (90s, 1h30m, 3d)' -r -f
complete -c ipcs -l idle -d 'Neither used nor changed for at least DURATION' -r -f
complete -c ipcs -l time-format -d 'Time format: short, full, iso or age' -r -f -a "short\t''
full\t''
iso\t''
age\t''"
complete -c ipcs -l namespace -d 'Show another IPC namespace, or all of them' -r -f -a "(__fish_ipcs_namespaces namespace: (commandline -op)[2..-1])"
complete -c ipcs -s m -l shmems -d 'Show shared memory segments'
complete -c ipcs -s q -l queues -d 'Show message queues'
complete -c ipcs -s s -l semaphores -d 'Show semaphore sets'
complete -c ipcs -s a -l all -d 'Show all three kinds (the default)'
complete -c ipcs -l posix -d 'Show POSIX objects instead of System V objects'
complete -c ipcs -l with-posix -d 'Show both System V and POSIX objects'
complete -c ipcs -s t -l time -d 'Show when each object was last used and last changed'
complete -c ipcs -s p -l pid -d 'Show the process IDs recorded for each object'
complete -c ipcs -s c -l creator -d 'Show who created each object and who owns it'
complete -c ipcs -s l -l limits -d 'Show the kernel\'s limits'
complete -c ipcs -s u -l summary -d 'Show totals over all objects'
complete -c ipcs -l prometheus -d 'Print metrics for Prometheus'
complete -c ipcs -s P -l processes -d 'Also show which processes use each object'
complete -c ipcs -s J -l json -d 'Short for --format json'
complete -c ipcs -l table -d 'Short for --format table'
complete -c ipcs -l no-headings -d 'Omit titles and headings'
complete -c ipcs -l no-truncate -d 'Do not shorten text to fit the terminal'
complete -c ipcs -l list-columns -d 'List all columns with their kinds and meaning'
complete -c ipcs -l unused -d 'Certainly not in use; for a segment, not attached'
complete -c ipcs -l orphaned -d 'Orphaned: no running process seems to need it'
complete -c ipcs -l in-use -d 'Attached, blocked on, or its last user is alive'
complete -c ipcs -l include-unsure -d 'Also unsure objects, if idle as --idle says'
complete -c ipcs -s b -l bytes -d 'Print sizes in bytes'
complete -c ipcs -l human -d 'Print sizes with a unit letter, such as 1.5K'
complete -c ipcs -l numeric -d 'Print user and group IDs instead of names'
complete -c ipcs -l list-namespaces -d 'List the IPC namespaces and what is in them'
complete -c ipcs -s h -d 'Print the options that are used most'
complete -c ipcs -l help -d 'Print all options'
complete -c ipcs -s V -l version -d 'Print the version'
complete -c ipcs -f
