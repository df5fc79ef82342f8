#!/bin/sh
# Makes .venv from the hashed locks, the MicroPython stubs under build/typings, and the Debian
# packages that the tests use. Safe to repeat: what is there is left alone.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3.11}
venv=.venv
debian="chromium fonts-noto-cjk libcoap3-bin"

say() { echo "setup: $*" >&2; }

stop() {
    say "$*"
    exit 3
}

is_root() { [ "$(id -u)" = 0 ]; }

install_packages() {
    say "installing Debian packages: $*"
    apt-get update -qq </dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" \
        </dev/null >/dev/null
}

debian_packages() {
    command -v dpkg-query >/dev/null || {
        say "not a Debian system: please provide the equivalents of: $debian"
        return
    }
    missing=
    for package in $debian; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            missing="$missing $package"
    done
    [ -z "$missing" ] && return
    if is_root; then
        # shellcheck disable=SC2086 # one word per package
        install_packages $missing || stop "apt failed; try: apt-get install$missing"
    else
        say "tests of the console and of other CoAP clients need Debian packages; run:" \
            "sudo apt-get install$missing"
    fi
}

virtual_environment() {
    command -v "$python" >/dev/null || stop "$python is missing; try: sudo apt-get install python3.11"
    [ -x $venv/bin/pip ] && return
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        is_root || stop "$python has no venv; try: sudo apt-get install python3.11-venv"
        install_packages python3.11-venv
    fi
    rm -rf $venv
    "$python" -m venv $venv
}

pip_install() {
    # Twice quiet: errors only. What cannot be had is an error, the rest is noise.
    $venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check "$@" </dev/null
}

python_packages() {
    say "installing the Python packages of requirements.lock (a minute or two)"
    pip_install --require-hashes -r requirements.lock
    pip_install --no-deps --no-build-isolation -e .
}

# The stub packages of the ports hold the same files, so each has a directory of its own.
typings() {
    for lock in tools/typings/*.lock; do
        target=build/typings/$(basename "$lock" .lock)
        rm -rf "$target"
        pip_install --no-deps --require-hashes --target "$target" -r "$lock"
    done
}

debian_packages
inputs=$(cat pyproject.toml requirements.lock tools/typings/*.lock tools/setup.sh | sha256sum)
stamp="$venv/.ready-$(echo "$inputs" | cut -c 1-16)"
if [ ! -e "$stamp" ] || [ ! -d build/typings ]; then
    virtual_environment
    python_packages
    typings
    rm -f $venv/.ready*
    touch "$stamp"
    say "done"
fi
