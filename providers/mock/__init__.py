"""The mock provider: real clips and images, made here, for nothing."""
