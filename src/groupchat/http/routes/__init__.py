"""The routes, a file per group. Each reads its call, gives one command or query, and answers."""
