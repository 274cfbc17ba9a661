# shellcheck shell=bash
count() { git ls-files -- "$@" | tr '\n' '\0' | xargs -0 cat | wc -l; }
files() { git ls-files -- "$@" | wc -l; }
echo "{\"main_files\": $(files '*/src/main/*.java'), \"main_lines\": $(count '*/src/main/*.java')," \
    "\"test_files\": $(files '*/src/test/*.java'), \"test_lines\": $(count '*/src/test/*.java')}"
