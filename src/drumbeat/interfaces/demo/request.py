"""The campaign that the demo runs: the request a newcomer would write."""

from drumbeat.interfaces.sdk.client import JsonObject

CONTENT = """\
<html>
<head><style>
  body { font-family: Georgia, serif; color: #2b2a27; background: #f6f2ea; }
  .card { background: #ffffff; padding: 24px; border-radius: 8px; max-width: 560px; margin: auto; }
  .cta { background: #1f6f54; color: #ffffff; padding: 12px 20px; border-radius: 6px; }
</style></head>
<body><div class="card">
  <h1>Good things for your kitchen</h1>
  <p>Hello {{ first_name | default: "there" }},</p>
  <p>winter is coming to {{ city | default: "your city" }}, and these three are worth the shelf:</p>
  <p><a href="https://shop.example.com/cast-iron">The cast-iron pan that outlives us</a></p>
  <p><a href="https://shop.example.com/kettle">A kettle that does not scream</a></p>
  <p><a href="https://shop.example.com/knife">One knife instead of six</a></p>
  {% if plan == "premium" %}<p>As a premium member you get them delivered free.</p>{% endif %}
  <p><a class="cta" href="https://shop.example.com/winter">See the winter list</a></p>
</div></body>
</html>
"""

REQUEST: JsonObject = {
    "name": "Winter kitchen",
    "type": "newsletter",
    "subject_line": "Our November newsletter",
    "alt_subject_line": "{{ first_name | default: 'Hello' }}, 3 things made for your kitchen",
    "content_html": CONTENT,
    "enable_ab_testing": True,
    "sender_name": "The Corner Shop",
    "segment_by": "engagement",
    "launch": "best",
}
