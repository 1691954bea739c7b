"""The GraphQL contract: types, descriptions, arguments, and the bindings that tell the planner where fields live."""
