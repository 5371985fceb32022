"""The CDK stacks: one folder per architecture, one file per box of its picture."""

import os
import sys

# jsii reads both when it starts, so they are set before anything here imports aws_cdk:
# a deprecated API fails the synth, and Node is the one that `make` installs.
os.environ.setdefault("JSII_DEPRECATED", "fail")
os.environ.setdefault("JSII_NODE", f"{sys.prefix}/bin/node")
