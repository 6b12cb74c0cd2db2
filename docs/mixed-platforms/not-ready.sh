#!/bin/bash
# Sets an agent not ready, as an application of the event feed does, and shows the reply: not-ready.sh AGENT
exec 4<>/dev/tcp/127.0.0.1/31457
ask() { printf '{"version":1,"topic":"contact-center",%s}\0' "$1" >&4; }

ask '"request-id":1,"message":"authenticate","user":"crm","password":"5ebe2294ecd0e0f08eab7690d2a6ee69"'
ask "\"request-id\":2,\"message\":\"command\",\"sub-request-type\":\"release\",\"agent-id\":$1,\"release-code\":3"
while IFS= read -r -d '' message <&4 && [[ $message != *'"request-id":2,'* ]]; do :; done
echo "$message"
