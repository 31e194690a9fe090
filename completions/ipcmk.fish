# Candidates for the last part of a comma list. The first pattern is what of the word is
# the option's name, the second what of the rest stays before each candidate.
function __fish_ipcmk_list
    set -l typed (commandline -ct | string replace -r -- $argv[1] '')
    set -l before (string match -r -- $argv[2] $typed)
    while read -l line
        printf '%s%s\n' $before[1] $line
    end
end

# Prints what ipcs lists. The first argument is what to list; words already typed follow. A program
# that does not know the option prints nothing that is used.
function __fish_ipcmk_candidates
    set -l lines (command ipcs --list-candidates $argv[1] -- $argv[2..-1] 2>/dev/null)
    or return
    for line in $lines
        printf '%s\n' $line
    end
end

# The number at the end of the current word.
function __fish_ipcmk_prefix
    string match -r -- '[0-9a-fx]*$' (commandline -ct)
end

# The same for namespaces, or the names of files if the current word is a path.
function __fish_ipcmk_namespaces
    set -l typed (commandline -ct | string replace -r -- '^--[a-z]*=' '')
    if string match -qr -- '^[/.]' $typed
        __fish_complete_path $typed
    else
        __fish_ipcmk_candidates $argv[1]$typed $argv[2..-1]
    end
end

complete -c ipcmk -s M -l shmem -d 'Segment of this size, such as 4096, 64K or 1.5GiB' -r -f
complete -c ipcmk -s S -l semaphore -d 'Semaphore set with this many semaphores' -r -f
complete -c ipcmk -s m -l posix-shmem -d 'POSIX shared memory of this size; needs -n' -r -f
complete -c ipcmk -s n -l name -d 'Unused name of the POSIX objects' -r -f
complete -c ipcmk -l value -d 'Value of the POSIX semaphore [default: 0]' -r -f
complete -c ipcmk -l maxmsg -d 'Most messages in the POSIX queue' -r -f
complete -c ipcmk -l msgsize -d 'Most bytes of a message in the POSIX queue' -r -f
complete -c ipcmk -s p -l mode -d 'Permissions in octal [default: 0644]' -r -f
complete -c ipcmk -l key -d 'Unused key (decimal, 0x hex, 0 octal) [default: random]' -r -f
complete -c ipcmk -l namespace -d 'IPC namespace of a process ID or file' -r -f -a "(__fish_ipcmk_namespaces one-namespace:)"
complete -c ipcmk -s Q -l queue -d 'Message queue'
complete -c ipcmk -s s -l posix-semaphore -d 'POSIX semaphore; needs -n'
complete -c ipcmk -s q -l posix-mqueue -d 'POSIX message queue; needs -n'
complete -c ipcmk -s J -l json -d 'Print the result as one JSON document'
complete -c ipcmk -s h -l help -d 'Print this help'
complete -c ipcmk -s V -l version -d 'Print the version'
complete -c ipcmk -f
