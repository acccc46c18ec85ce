def on_fetch(request, env):
    return "ok"
