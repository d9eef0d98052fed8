#!/usr/bin/env bash
# Roles against each other, in a cluster of their own whose log tells whose code ran as whom.
exec "$(dirname "$0")/../../scripts/roles.sh"
