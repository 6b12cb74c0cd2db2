#!/bin/bash
# A stand-in for an application of the Mitel event feed: it logs on, subscribes, shows what it hears, and answers each call.
# NUL ends each message; the password is the MD5 of "secret".
exec 4<>/dev/tcp/127.0.0.1/31457
ask() { printf '{"version":1,"topic":"contact-center",%s}\0' "$1" >&4; }

ask '"request-id":1,"message":"authenticate","user":"crm","password":"5ebe2294ecd0e0f08eab7690d2a6ee69"'
ask '"request-id":2,"message":"subscribe-events","subscribe":[["ecc","agent-login-logout",["*"]],["ecc","call-activity",["*"]]]'

request=2
while IFS= read -r -d '' message <&4; do
  echo "$message"
  if [[ $message =~ '"delivered"' && $message =~ '"call-id":'\ ?([0-9]+) ]]; then
    call=${BASH_REMATCH[1]}
    [[ $message =~ '"alerting-device-id":'\ ?([0-9]+) ]]
    request=$((request + 1))
    ask "\"request-id\":$request,\"message\":\"command\",\"sub-request-type\":\"answer\",\"agent-id\":${BASH_REMATCH[1]},\"call-id\":$call"
  fi
done
