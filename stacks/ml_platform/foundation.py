"""What all constructs of the ML platform share: those of every architecture, and the network."""

from dataclasses import dataclass

from stacks.ml_platform.network.network import Network
from stacks.shared.foundation import Foundation


@dataclass(frozen=True)
class PlatformFoundation(Foundation):
    """Environment, key, alarm topic and the VPC without internet."""

    network: Network
