"""The local AWS: deploy an architecture on this machine, drive real data through, verify, report.

`runtime` starts it and deploys into it, `services` holds what stands in for AWS services, `demos`
drives each architecture. All of it sees the architectures as a user does: through the CDK CLI, the
synthesised assembly, stack outputs and AWS APIs.
"""
