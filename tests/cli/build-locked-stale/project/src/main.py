import alpha


def on_fetch(request, env):
    return alpha.VERSION
