# Completions of ipcmk for bash.

# Adds what ipcs lists to the array words of the caller. $1 is what to list; words already typed
# follow. A program that does not know the option prints nothing that is used.
__ipcmk_candidates() {
    local lines value
    lines=$(command ipcs --list-candidates "$1" -- "${@:2}" 2>/dev/null) || return 0
    while IFS=$'\t' read -r value _; do
        [[ -z "${value}" ]] || words+=("${value}")
    done <<<"${lines}"
}

# Offers values of the option $1. $2 is the beginning of the value.
__ipcmk_value() {
    local before="" rest="$2" ask="" many="" files="" list="" signs="" each="" word
    local -a words=()
    case "$1" in
        -M | --shmem)
            ;;
        -S | --semaphore)
            ;;
        -m | --posix-shmem)
            ;;
        -n | --name)
            ;;
        --value)
            ;;
        --maxmsg)
            ;;
        --msgsize)
            ;;
        -p | --mode)
            ;;
        --key)
            ;;
        --namespace)
            ask=one-namespace many=1 files=1
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
        __ipcmk_candidates "${ask}:${many:+${rest}}"
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
__ipcmk_cluster() {
    local at
    [[ "$1" == -[!-]* ]] || return 1
    for ((at = 1; at < ${#1}; at++)); do
        if [[ "${1:at:1}" == [MSmnp] ]]; then
            option="-${1:at:1}"
            glued="${1:0:at+1}"
            return 0
        fi
    done
    return 1
}

_ipcmk() {
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
    elif [[ " --shmem --semaphore --posix-shmem --name --value --maxmsg --msgsize --mode --key --namespace " == *" ${previous} "* ]]; then
        option="${previous}"
    elif __ipcmk_cluster "${previous}" && [[ "${glued}" == "${previous}" && "${option}" != "" ]]; then
        glued=""
    elif [[ "${current}" == --*=* ]]; then
        option="${current%%=*}"
        glued="${option}="
        current="${current#*=}"
    else
        option="" glued=""
        __ipcmk_cluster "${current}" && current="${current#"${glued}"}"
    fi
    if [[ -n "${option}" ]]; then
        __ipcmk_value "${option}" "${current}"
        return
    fi
    words=(-M -S -Q -m -s -q -n -p -J -h -V --shmem --semaphore --queue --posix-shmem --posix-semaphore --posix-mqueue --name --value --maxmsg --msgsize --mode --key --namespace --json --help --version)
    for word in "${words[@]}"; do
        if [[ "${word}" == "${current}"* ]]; then
            COMPREPLY+=("${word}")
        fi
    done
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _ipcmk -o nosort ipcmk
else
    complete -F _ipcmk ipcmk
fi
