# Completions of ipcs for bash.

# Adds what ipcs lists to the array words of the caller. $1 is what to list; words already typed
# follow. A program that does not know the option prints nothing that is used.
__ipcs_candidates() {
    local lines value
    lines=$(command ipcs --list-candidates "$1" -- "${@:2}" 2>/dev/null) || return 0
    while IFS=$'\t' read -r value _; do
        [[ -z "${value}" ]] || words+=("${value}")
    done <<<"${lines}"
}

# Offers values of the option $1. $2 is the beginning of the value.
__ipcs_value() {
    local before="" rest="$2" ask="" many="" files="" list="" signs="" each="" word
    local -a words=()
    case "$1" in
        -i | --id)
            ask=id many=1
            ;;
        --name)
            ask=name many=1
            ;;
        --group-by)
            words=(owner creator group command namespace)
            ;;
        --check)
            ;;
        --write)
            ask=file
            compopt -o filenames 2>/dev/null
            ;;
        --explain)
            words=(semget shmget shmat shmctl SHM_LOCK msgget msgsnd msgctl IPC_SET semop semtimedop semctl SETVAL SETALL mq_open shm_open sem_open fallocate posix_fallocate write ftruncate mmap ENOSPC EINVAL ENOMEM EPERM EACCES EAGAIN EMFILE E2BIG EFBIG ERANGE SIGBUS SIGKILL)
            ;;
        --format)
            words=(classic table json jsonl csv raw export)
            ;;
        --color)
            words=(auto always never)
            ;;
        -o | --output)
            ask=column list=1 signs="+"
            ;;
        --sort)
            ask=sort-column list=1 signs="-" each=1
            ;;
        --top)
            ;;
        --owner)
            ask=user list=1
            ;;
        --created-by)
            ask=user list=1
            ;;
        --group)
            ask=group list=1
            ;;
        --key)
            ask=key many=1 list=1
            ;;
        --min-size)
            ;;
        --max-size)
            ;;
        --full)
            ;;
        --used-by)
            ask=pid many=1 list=1
            ;;
        --older)
            ;;
        --idle)
            ;;
        --time-format)
            words=(short full iso age)
            ;;
        --namespace)
            ask=namespace many=1 files=1
            ;;
        *)
            return
            ;;
    esac
    if [[ -n "${list}" && "${rest}" == *,* ]]; then
        before="${rest%,*},"
        rest="${rest##*,}"
    fi
    if [[ -n "${signs}" && "${rest}" == [${signs}]* && ( -n "${each}" || -z "${before}" ) ]]; then
        before+="${rest:0:1}"
        rest="${rest:1}"
    fi
    if [[ -n "${files}" && "${rest}" == [/.]* ]]; then
        ask=file
        compopt -o filenames 2>/dev/null
    fi
    if [[ "${ask}" == @(user|group|file) ]]; then
        while read -r word; do
            words+=("${word}")
        done < <(compgen -A "${ask}" -- "${rest}")
    elif [[ -n "${ask}" ]]; then
        __ipcs_candidates "${ask}:${many:+${rest}}" "${COMP_WORDS[@]:1}"
    fi
    for word in "${words[@]}"; do
        if [[ "${word}" == "${rest}"* && ",${before}" != *[,+-]"${word}",* ]]; then
            COMPREPLY+=("${glued}${before}${word}")
        fi
    done
    if [[ -n "${list}" && "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

# Finds the first option with a value in the cluster $1. Sets option, and glued to the text before
# the value.
__ipcs_cluster() {
    local at
    [[ "$1" == -[!-]* ]] || return 1
    for ((at = 1; at < ${#1}; at++)); do
        if [[ "${1:at:1}" == [io] ]]; then
            option="-${1:at:1}"
            glued="${1:0:at+1}"
            return 0
        fi
    done
    return 1
}

_ipcs() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
    local option="" glued="" word
    local -a words=()
    COMPREPLY=()
    # Depending on its settings, bash makes a word of the = in --option=value.
    if [[ "${current}" == "=" ]]; then
        option="${previous}"
        current=""
    elif [[ "${previous}" == "=" ]]; then
        option="${COMP_WORDS[COMP_CWORD-2]}"
    elif [[ " --id --name --group-by --write --explain --format --color --output --sort --top --owner --created-by --group --key --min-size --max-size --full --used-by --older --idle --time-format --namespace " == *" ${previous} "* ]]; then
        option="${previous}"
    elif __ipcs_cluster "${previous}" && [[ "${glued}" == "${previous}" && "${option}" != "" ]]; then
        glued=""
    elif [[ "${current}" == --*=* ]]; then
        option="${current%%=*}"
        glued="${option}="
        current="${current#*=}"
    else
        option="" glued=""
        __ipcs_cluster "${current}" && current="${current#"${glued}"}"
    fi
    if [[ -n "${option}" ]]; then
        __ipcs_value "${option}" "${current}"
        return
    fi
    words=(-m -q -s -a -i -t -p -c -l -u -P -J -o -b -h -V --shmems --queues --semaphores --all --posix --with-posix --id --name --time --pid --creator --limits --summary --group-by --check --prometheus --write --explain --processes --format --json --table --color --output --sort --top --no-headings --no-truncate --list-columns --owner --created-by --group --key --min-size --max-size --full --used-by --older --idle --unused --orphaned --in-use --include-unsure --bytes --human --time-format --numeric --namespace --list-namespaces --help --version)
    for word in "${words[@]}"; do
        if [[ "${word}" == "${current}"* ]]; then
            COMPREPLY+=("${word}")
        fi
    done
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _ipcs -o nosort ipcs
else
    complete -F _ipcs ipcs
fi
