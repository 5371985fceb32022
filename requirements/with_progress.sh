#!/usr/bin/env bash
# with_progress.sh "what is set up" "download size" command...
# Runs the command with a moving line: what it does, for how long. Prints its output if it fails.
set -u
label=$1 size=$2
shift 2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$@" >"$log" 2>&1 &
command_pid=$!
trap 'kill "$command_pid" 2>/dev/null; exit 130' INT TERM
[ -t 1 ] || echo "Setting up $label ($size to download, once)"
seconds=0
while kill -0 "$command_pid" 2>/dev/null; do
  sleep 1
  seconds=$((seconds + 1))
  if [ -t 1 ]; then
    printf '\r\033[KSetting up %s (%s to download, once): %d s' "$label" "$size" "$seconds"
  elif [ $((seconds % 10)) -eq 0 ]; then
    echo "  $label: $seconds s"
  fi
done
wait "$command_pid"
status=$?
[ -t 1 ] && printf '\r\033[KSet up %s: %d s\n' "$label" "$seconds"
if [ "$status" -ne 0 ]; then
  echo "Setting up $label failed:" >&2
  tail -40 "$log" >&2
fi
exit "$status"
