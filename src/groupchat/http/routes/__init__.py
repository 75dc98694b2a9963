"""The routes, one file per subject. Each reads its call, runs one command or query, and responds."""
