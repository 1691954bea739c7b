"""The register of institutions in the API: what it holds, how it is counted, how it is kept."""
