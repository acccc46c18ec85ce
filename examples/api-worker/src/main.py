# Modules beside this one are imported by their name, and everything else from the project's root.
from helpers import greet, problem
from items import Items
from pymode.workers import BadRequest, Request, Response
from src.utils import validate


def on_fetch(request: Request, env):
    print(request.method, request.path)  # appears in the log
    match [request.method, *request.path.strip("/").split("/")]:
        case ["GET", ""]:
            return greet(request.query.get("name", "world"))
        case ["GET", "api", "items"]:
            return {"items": Items(env.ITEMS).all()}
        case ["POST", "api", "items"]:
            return create(request, Items(env.ITEMS))
        case ["GET", "api", "items", item_id]:
            item = Items(env.ITEMS).get(item_id)
            return item or problem(404, f"there is no item {item_id}")
        case ["DELETE", "api", "items", item_id]:
            if Items(env.ITEMS).delete(item_id):
                return Response(status=204)
            return problem(404, f"there is no item {item_id}")
    return problem(404, f"nothing is at {request.path}")


def create(request: Request, items: Items) -> Response:
    try:
        data = request.json()
    except BadRequest as error:
        return problem(400, str(error))
    mistakes = validate(data)
    if mistakes:
        return problem(400, *mistakes)
    item = items.add(data)
    return Response(item, status=201, headers={"Location": f"/api/items/{item['id']}"})
