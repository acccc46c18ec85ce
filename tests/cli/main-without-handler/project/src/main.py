def fetch(request, env):
    return "ok"
