"""How a request says through which VPC endpoint it comes: ministack has no network."""

VPC_ENDPOINT_HEADER = "x-local-vpc-endpoint"
