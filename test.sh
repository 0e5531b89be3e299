#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")"
dotnet build CacheDaemon.sln --nologo -v quiet
dotnet test tests --no-build --nologo
