#!/bin/sh
# Make .venv from the lock file, bootstrapping uv first if it is not on the PATH.
# Needs only Python 3.11 or newer.
set -eu
# Behind a proxy that opens TLS, only the system knows whom to trust.
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}" UV_NATIVE_TLS="${UV_NATIVE_TLS:-1}"
cd "$(dirname "$0")/.."

find_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            # Not a shim of the name: uv would take it for another Python and make .venv anew.
            "$name" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))'
            return
        fi
    done
    echo "Drumbeat needs Python 3.11 or newer, and none was found on the PATH." >&2
    exit 1
}

find_uv() {
    if command -v uv >/dev/null 2>&1; then
        command -v uv
    elif [ -x .bootstrap/bin/uv ]; then
        echo .bootstrap/bin/uv
    else
        echo "Installing uv into .bootstrap (once) …" >&2
        # Debian ships Python without ensurepip, so a virtual environment may not be possible.
        if "$1" -m venv .bootstrap >/dev/null 2>&1; then
            .bootstrap/bin/python -m pip install --quiet --disable-pip-version-check uv >&2
        elif "$1" -m pip --version >/dev/null 2>&1; then
            "$1" -m pip install --quiet --disable-pip-version-check --target .bootstrap uv >&2
        else
            echo "Neither 'venv' nor 'pip' works with $1. On Debian: apt install python3-venv." >&2
            exit 1
        fi
        echo .bootstrap/bin/uv
    fi
}

python=$(find_python)
uv=$(find_uv "$python")
# --inexact: `make demo` after `make test` does not throw the test tools away.
exec "$uv" sync --quiet --frozen --inexact --python "$python" "$@"
