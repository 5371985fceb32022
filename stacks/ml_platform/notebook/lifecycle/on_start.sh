#!/bin/bash
# Runs as root each time the notebook instance starts (SE-18), and must be done in five minutes.
set -euo pipefail

# The project's kernel: our model's code and its XGBoost, from S3 through the VPC's endpoint. All
# else is in the image already, so nothing asks the internet, which is not there.
kernel=/home/ec2-user/SageMaker/.kernels/flight-delay
mkdir -p "$kernel"
aws s3 cp --only-show-errors "${KernelUri}" /tmp/kernel.zip
unzip -qo /tmp/kernel.zip -d "$kernel"
rm /tmp/kernel.zip
specification=/home/ec2-user/.local/share/jupyter/kernels/flight-delay
mkdir -p "$specification"
cat > "$specification/kernel.json" <<JSON
{
  "argv": ["/home/ec2-user/anaconda3/envs/python3/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
  "display_name": "Flight delay",
  "language": "python",
  "env": {"PYTHONPATH": "$kernel"}
}
JSON
chown -R ec2-user:ec2-user /home/ec2-user/SageMaker/.kernels /home/ec2-user/.local/share/jupyter

# Whoever forgets an instance pays for it: it is asked every five minutes whether it is in use.
cat > /usr/local/bin/stop_when_idle.py <<'PYTHON'
${StopWhenIdle}
PYTHON
cat > /etc/systemd/system/stop-when-idle.service <<UNIT
[Service]
Type=oneshot
ExecStart=/usr/bin/python3 /usr/local/bin/stop_when_idle.py --idle-minutes ${IdleMinutes}
UNIT
cat > /etc/systemd/system/stop-when-idle.timer <<UNIT
[Timer]
OnBootSec=15min
OnUnitActiveSec=5min
[Install]
WantedBy=timers.target
UNIT
systemctl daemon-reload
systemctl enable --now stop-when-idle.timer
