"""A Django site in one file: the middleware reports visits, ``sign_up`` what matters by name."""

import os
import signal
import sys
import threading
from wsgiref.simple_server import make_server

import millrace
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, JsonResponse, parse_cookie
from django.urls import path
from millrace.integrations.wsgi import MillraceMiddleware

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="an example signs nothing",
)
client = millrace.Client(os.environ["WRITE_KEY"], url=os.environ["CAPTURE_URL"])


def home(request: HttpRequest) -> HttpResponse:
    """The page that everybody sees."""
    return HttpResponse("Welcome!")


def sign_up(request: HttpRequest) -> HttpResponse:
    """Makes an account, and says who it is."""
    person, plan = request.POST["email"], request.POST.get("plan", "free")
    client.identify(person, set={"email": person, "plan": plan})
    client.capture(person, "signed up", {"plan": plan})
    response = JsonResponse({"welcome": person}, status=201)
    response.set_cookie("person", person)
    return response


urlpatterns = [path("", home), path("sign-up", sign_up)]


def person_of(environ: dict) -> str | None:
    """Who asks: the cookie that signing up leaves."""
    return parse_cookie(environ.get("HTTP_COOKIE", "")).get("person")


application = MillraceMiddleware(WSGIHandler(), client, identify=person_of)

if __name__ == "__main__":
    with make_server("127.0.0.1", int(sys.argv[1]), application) as server:
        # Python ends at once otherwise, and what is still queued would be lost. Servers such as gunicorn do this.
        # Not by an exception: one that is raised while a request is answered is caught there.
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        print(f"The site is open: http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()
