"""All that the service says, on one page for reading: each message in each language, as its text, as a text message and as its HTML."""

from jinja2 import Environment

from notifications.render import City, render
from notifications.samples import SAMPLES, ways
from notifications.short import short
from notifications.words import LANGUAGES

# A frame without scripts or an origin shows the HTML as a mail program would: nothing of it touches the page around.
_page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Messages of À deux pas {{ city.name }}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 1rem auto; max-width: 80rem; padding: 0 1rem }
section { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(28rem, 100%), 1fr)) }
h2, h3 { grid-column: 1 / -1; margin: 1rem 0 0; overflow-wrap: anywhere }
li { overflow-wrap: anywhere }
pre { background: #f4f4f4; color: #111; margin: 0; overflow-wrap: anywhere; padding: 1rem; white-space: pre-wrap }
iframe { border: 1px solid #767676; box-sizing: border-box; height: 100%; min-height: 48rem; width: 100% }
</style>
</head>
<body>
<h1>Messages of À deux pas {{ city.name }}</h1>
<ul>
{% for name, _ in messages %}
<li><a href="#{{ name }}">{{ name }}</a></li>
{% endfor %}
</ul>
{% for name, shown in messages %}
<section id="{{ name }}">
<h2>{{ name }}</h2>
{% for language, each, texted in shown %}
<h3 lang="{{ language }}">{{ language }}: {{ each.subject }}</h3>
<pre lang="{{ language }}">{{ each.text }}</pre>
<iframe sandbox title="{{ name }}, {{ language }}" srcdoc="{{ each.html }}"></iframe>
<pre lang="{{ language }}">{{ texted }}</pre>
{% endfor %}
</section>
{% endfor %}
</body>
</html>
""")


def preview(city: City) -> str:
    """An HTML page that needs nothing besides itself."""
    messages = [
        (name, [(each, render(message, each, city, ways(message.topic)), short(message, each, city)) for each in LANGUAGES])
        for name, message in SAMPLES.items()
    ]
    return _page.render(city=city, messages=messages)
