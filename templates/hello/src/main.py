from pymode.workers import Request, Response


def on_fetch(request: Request, env):
    if request.path == "/":
        return "Hello from Python!\n"
    if request.path == "/greet":
        name = request.query.get("name", "world")
        print(f"greeting {name}")  # appears in the log
        return {"message": f"Hello, {name}!"}
    return Response("Not found\n", status=404)
