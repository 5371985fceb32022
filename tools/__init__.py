"""What reads the stacks: assembly, costs, plan, site, benchmarks, and the scaffold."""
