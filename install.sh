#!/bin/sh
# Installs ipcs, ipcrm and ipcmk with their manuals and completions, or removes them again.
# ./install.sh --help lists the options, and docs/install.md explains where everything goes.
#
# The list of what was installed is PREFIX/share/ipcs/manifest, with a checksum of each file. A file
# that is not in this list, or that has changed since, is neither replaced nor removed. The list is
# written before the files, so that an installation that was interrupted can be repeated or removed.
# The variable DESTDIR, if set, is put before every path that is written, as packages need it.
set -eu
umask 022
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
tab=$(printf '\t')
destdir=${DESTDIR-}
prefix=/usr/local prefix_given='' user='' uninstall='' dry_run=''

usage() {
    cat <<'USAGE'
Usage: ./install.sh [--prefix DIR | --user] [--uninstall] [--dry-run]

Build and install ipcs, ipcrm and ipcmk with their manuals and completions.

  --prefix DIR   Install below DIR (default: /usr/local)
  --user         Install below ~/.local, for yourself only
  --uninstall    Remove what was installed
  --dry-run      Print what would be done
  -h, --help     Print this help
USAGE
}

fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

# Prints a line in the future or in the past: report INFINITIVE PAST PATH.
report() {
    [ ! "$dry_run" ] || printf 'would %s %s\n' "$1" "$3"
    [ "$dry_run" ] || printf '%s %s\n' "$2" "$3"
}

read_options() {
    while [ $# -gt 0 ]; do
        case $1 in
            --prefix=*) prefix=${1#*=} prefix_given=yes ;;
            --prefix)
                [ $# -gt 1 ] || fail "--prefix needs a directory"
                prefix=$2 prefix_given=yes
                shift
                ;;
            --user) user=yes ;;
            --uninstall) uninstall=yes ;;
            --dry-run) dry_run=yes ;;
            -h | --help)
                usage
                exit
                ;;
            *) fail "unknown argument '$1'; see ./install.sh --help" ;;
        esac
        shift
    done
}

# Checks the prefix and chooses the directories.
choose_directories() {
    if [ "$user" ]; then
        [ ! "$prefix_given" ] || fail "--prefix and --user exclude each other"
        [ ! "$(sudo_user)" ] || fail "--user with sudo would install for root; run it without sudo"
        [ "${HOME-}" ] || fail "--user needs the variable HOME"
        prefix=$HOME/.local
    fi
    case $prefix in
        '') fail "the prefix is empty" ;;
        /*) ;;
        *) prefix=$PWD/$prefix ;;
    esac
    while [ "$prefix" != "${prefix%/}" ]; do prefix=${prefix%/}; done
    [ "$prefix" ] || fail "the prefix cannot be /"
    [ ! -d "$prefix" ] || prefix=$(cd -- "$prefix" && pwd)
    case $prefix/$destdir/ in
        */../*) fail "write the prefix without '..'" ;;
        *"$tab"* | *'
'*) fail "the prefix has a tab or a line break" ;;
    esac
    share=$prefix/share
    # bash and fish look here for the files of one user.
    data=$share
    case $user${XDG_DATA_HOME-} in yes/*) data=${XDG_DATA_HOME%/} ;; esac
    fish=$data/fish/vendor_completions.d
    # fish reads nothing below /usr/local unless XDG_DATA_DIRS names it.
    [ "$prefix" != /usr/local ] || [ ! -d "$destdir/etc/fish" ] || fish=/etc/fish/completions
    manifest=$share/ipcs/manifest
}

# The user who called sudo, unless that is root.
sudo_user() {
    [ "$(id -u)" -ne 0 ] || [ "${SUDO_UID:-0}" -eq 0 ] || printf '%s\n' "${SUDO_USER-}"
}

# Where the programs are, and how they come to be there. A release has them in bin/.
find_programs() {
    build=''
    programs=$here/bin
    [ -e "$here/Cargo.toml" ] || return 0
    programs=$here/target/release
    for name in ipcs ipcrm ipcmk; do
        [ -x "$programs/$name" ] || build=yes
        [ "$build" ] || [ ! "$(find "$here/src" "$here/Cargo.toml" "$here/Cargo.lock" \
            "$here/build.rs" -type f -newer "$programs/$name" | head -n 1)" ] || build=yes
    done
}

# Builds the programs. With sudo they are built by the user who called it: what root writes to the
# target directory, this user cannot replace later.
build_programs() {
    set -- cargo build --release --locked --bins --target-dir "$here/target"
    by_hand="run 'cargo build --release --locked' as a user who has it, then this again"
    builder=$(sudo_user)
    if [ "$builder" ]; then
        home=$(getent passwd "$builder" | cut -d : -f 6)
        set -- runuser -u "$builder" -- env HOME="$home" PATH="$home/.cargo/bin:$PATH" "$@"
        runuser -u "$builder" -- env PATH="$home/.cargo/bin:$PATH" sh -c 'command -v cargo' \
            >/dev/null || fail "the user $builder has no cargo; $by_hand"
    elif ! command -v cargo >/dev/null; then
        fail "cargo is not on the PATH; $by_hand"
    fi
    (cd -- "$here" && "$@") || fail "the build failed"
}

# Prints a line for each file to install: mode, source and target.
list_files() {
    for name in ipcs ipcrm ipcmk; do
        printf '%s\t%s\t%s\n' 755 "$programs/$name" "$prefix/bin/$name"
        printf '%s\t%s\t%s\n' \
            644 "$here/completions/$name.bash" "$data/bash-completion/completions/$name" \
            644 "$here/completions/_$name" "$share/zsh/site-functions/_$name" \
            644 "$here/completions/$name.fish" "$fish/$name.fish"
    done
    for page in "$here"/man/*.[1-9]; do
        printf '%s\t%s\t%s\n' 644 "$page" "$share/man/man${page##*.}/${page##*/}"
    done
}

checksum() {
    sha256sum <"$1" | cut -d ' ' -f 1
}

# Prints the paths in the list of what is installed: listed file, or listed dir.
listed() {
    awk -F '\t' -v kind="$1" '$1 == kind { print $NF }' "$work/manifest" | LC_ALL=C sort -u
}

# Prints what is at a path: absent, ours, changed (ours once), or foreign.
state() {
    at=$destdir$1
    if [ ! -e "$at" ] && [ ! -L "$at" ]; then
        echo absent
    elif [ -f "$at" ] && [ ! -L "$at" ] && sum=$(checksum "$at" 2>/dev/null) &&
        grep -qxF "file$tab$sum$tab$1" "$work/manifest"; then
        echo ours
    elif listed file | grep -qxF -e "$1"; then
        echo changed
    else
        echo foreign
    fi
}

# Prints a directory and those above it that do not exist.
missing_directories() {
    missing=$1
    while [ ! -d "$destdir$missing" ] && [ "$missing" ]; do
        if [ -e "$destdir$missing" ] || [ -L "$destdir$missing" ]; then
            fail "$destdir$missing is not a directory"
        fi
        printf '%s\n' "$missing"
        missing=${missing%/*}
    done
}

# Fails unless the present user may write to a directory, or to the nearest one that exists.
require_writable() {
    nearest=$1
    while [ ! -d "$destdir$nearest" ] && [ "$nearest" ]; do nearest=${nearest%/*}; done
    [ ! -w "$destdir$nearest/" ] || return 0
    hint=''
    if [ "$(id -u)" -ne 0 ] && [ ! "$user" ]; then
        hint="; run this with sudo"
        [ "$uninstall" ] || hint="$hint, or './install.sh --user' for yourself only"
    fi
    fail "cannot write to $destdir$nearest$hint"
}

# Replaces a file in one step: place MODE SOURCE TARGET.
place() {
    temporary=$(mktemp "${3%/*}/.ipcs-install.XXXXXX")
    cp -- "$2" "$temporary"
    chmod "$1" "$temporary"
    mv -f -- "$temporary" "$3"
    temporary=''
}

# Writes the list of what is installed, from the lines on standard input.
write_manifest() {
    echo "# What install.sh of ipcs has installed. install.sh --uninstall needs this list." >"$work/new"
    LC_ALL=C sort -u >>"$work/new"
    place 644 "$work/new" "$destdir$manifest"
}

# Sets what is to be done with each file to install: its state, mode, source and target.
make_plan() {
    list_files >"$work/files"
    while IFS=$tab read -r mode source target; do
        found=$(state "$target")
        if [ "$found" = foreign ]; then
            printf 'install.sh: %s exists, but not from this script; move it away first\n' \
                "$destdir$target" >&2
            : >"$work/refused"
        fi
        case $found in
            ours | changed) ! cmp -s -- "$source" "$destdir$target" || found=same ;;
        esac
        printf '%s\t%s\t%s\t%s\n' "$found" "$mode" "$source" "$target"
    done <"$work/files" >"$work/plan"
    [ ! -e "$work/refused" ] || fail "nothing was changed"
    { cut -f 3 "$work/files" && printf '%s\n' "$manifest"; } >"$work/targets"
    sed 's,/[^/]*$,,' "$work/targets" | LC_ALL=C sort -u >"$work/directories"
    while IFS= read -r directory; do
        missing_directories "$directory"
    done <"$work/directories" >"$work/missing"
    LC_ALL=C sort -u -o "$work/missing" "$work/missing"
    # Files of an older version that this one does not have.
    listed file | grep -vxF -f "$work/targets" >"$work/stale" || true
    check_paths "$work/stale"
}

# The lines of the new list: files that were changed are known by their old checksum.
new_manifest() {
    while IFS=$tab read -r found mode source target; do
        if [ "$found" = changed ]; then
            target=$target awk -F '\t' '$3 == ENVIRON["target"]' "$work/manifest"
        else
            printf 'file\t%s\t%s\n' "$(checksum "$source")" "$target"
        fi
    done <"$work/plan"
    { listed dir && cat "$work/missing"; } | sed "s/^/dir$tab/"
}

install_files() {
    while IFS= read -r directory; do
        report "make directory" "made directory" "$destdir$directory"
        [ "$dry_run" ] || mkdir -- "$destdir$directory"
    done <"$work/missing"
    if [ ! "$dry_run" ]; then
        new_manifest >"$work/after"
        cat "$work/manifest" "$work/after" | grep -v '^#' | write_manifest
    fi
    while IFS=$tab read -r found mode source target; do
        target=$destdir$target
        case $found in
            absent) report install installed "$target" ;;
            ours) report replace replaced "$target" ;;
            same) [ "$dry_run" ] || printf 'unchanged %s\n' "$target" ;;
            changed) report keep kept "$target, which was changed after it was installed" ;;
        esac
        case $found in
            absent | ours) [ "$dry_run" ] || place "$mode" "$source" "$target" ;;
        esac
    done <"$work/plan"
    while IFS= read -r target; do remove_file "$target"; done <"$work/stale"
    [ "$dry_run" ] || write_manifest <"$work/after"
}

# Fails if a list of files to remove has one that this script does not install.
check_paths() {
    while IFS= read -r target; do
        case $target in
            */../*) fail "$destdir$manifest names $target" ;;
            "$prefix"/* | "$data"/* | "$fish"/* | /etc/fish/completions/*) ;;
            *) fail "$destdir$manifest names $target" ;;
        esac
    done <"$1"
}

# Removes a file from the list of what is installed.
remove_file() {
    case $(state "$1") in
        ours)
            report remove removed "$destdir$1"
            [ "$dry_run" ] || rm -f -- "$destdir$1"
            ;;
        changed) report keep kept "$destdir$1, which was changed after it was installed" ;;
    esac
}

uninstall_files() {
    [ -e "$destdir$manifest" ] || fail "nothing to remove: there is no $destdir$manifest"
    listed file >"$work/targets"
    check_paths "$work/targets"
    if [ ! "$dry_run" ]; then
        require_writable "${manifest%/*}"
        while IFS= read -r target; do require_writable "${target%/*}"; done <"$work/targets"
    fi
    while IFS= read -r target; do remove_file "$target"; done <"$work/targets"
    report remove removed "$destdir$manifest"
    [ "$dry_run" ] || rm -f -- "$destdir$manifest"
    # The longest paths first, so that a directory comes after those in it.
    listed dir | LC_ALL=C sort -r | while IFS= read -r directory; do
        [ ! "$dry_run" ] || printf 'would remove %s if it is empty\n' "$destdir$directory"
        [ "$dry_run" ] || ! rmdir -- "$destdir$directory" 2>/dev/null ||
            printf 'removed %s\n' "$destdir$directory"
    done
}

# Prints the first program NAME of a list of directories: first_in LIST NAME.
first_in() (
    set -f
    IFS=:
    for directory in $1; do
        if [ -f "$directory/$2" ] && [ -x "$directory/$2" ]; then
            printf '%s\n' "$directory/$2"
            break
        fi
    done
)

# Says which programs a list of directories has first: explain_path LIST WHO COMMAND.
explain_path() {
    others=''
    for name in ipcs ipcrm ipcmk; do
        found=$(first_in "$1" "$name")
        [ "$found" = "$prefix/bin/$name" ] || others="$others, ${found:-no $name}"
    done
    if [ "$others" ]; then
        echo "$2 does not find these programs, but ${others#, }. Type the path: $3$prefix/bin/ipcs"
    else
        echo "$2 finds ipcs, ipcrm and ipcmk in $prefix/bin."
    fi
}

# The directories in which sudo looks for programs. Only root may ask sudo.
secure_path() {
    path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    if [ "$(id -u)" -eq 0 ] && asked=$(LC_ALL=C sudo -V 2>/dev/null); then
        path=$(printf '%s\n' "$asked" | sed -n "s/^Value to override user's \$PATH with: //p")
    fi
    printf '%s\n' "${path:-$PATH}"
}

# Says what sudo and the shells find now.
explain() {
    explain_path "$(secure_path)" sudo "sudo "
    [ "$(sudo_user)" ] || explain_path "$PATH" "Your shell" ""
    case $user:$PATH: in
        :* | *":$prefix/bin:"*) ;;
        *) echo "Debian puts ~/.local/bin on the PATH when you log in again." ;;
    esac
    [ "$prefix" != /usr/local ] || return 0
    echo "For completions in zsh, put this before compinit in ~/.zshrc:" \
        "fpath=('$share/zsh/site-functions' \$fpath)"
    [ "$user" ] || echo "For completions in bash and fish, put $share into XDG_DATA_DIRS."
}

# Everything that can fail before something is changed.
prepare() {
    find_programs
    make_plan
    if [ "$dry_run" ]; then
        [ ! "$build" ] || echo "would build the programs: cargo build --release --locked"
        return
    fi
    [ ! "$destdir" ] || mkdir -p -- "$destdir"
    require_writable "$prefix/bin"
    while IFS= read -r directory; do require_writable "$directory"; done <"$work/directories"
    [ ! "$build" ] || build_programs
    for name in ipcs ipcrm ipcmk; do
        [ -x "$programs/$name" ] || fail "there is no program $programs/$name"
    done
    make_plan
}

main() {
    read_options "$@"
    choose_directories
    work=$(mktemp -d) temporary=''
    trap 'rm -rf -- "$work" ${temporary:+"$temporary"}' EXIT
    trap 'exit 1' HUP INT TERM
    : >"$work/manifest"
    [ ! -e "$destdir$manifest" ] || cat -- "$destdir$manifest" >"$work/manifest"
    if [ "$uninstall" ]; then
        uninstall_files
    else
        prepare
        install_files
        [ "$dry_run$destdir" ] || explain
    fi
    [ ! "$dry_run" ] || echo "Nothing was changed."
    [ "$dry_run$destdir" ] || echo "A shell that has run another ipcs before needs: hash -r"
}

main "$@"
