"""HTTP: routes, schemas, access, problem details."""
