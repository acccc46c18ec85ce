from pymode.workers import Response


def greet(name: str) -> dict:
    return {"message": f"Hello, {name}!", "items": "/api/items"}


def problem(status: int, *mistakes: str) -> Response:
    return Response({"errors": list(mistakes)}, status=status)
