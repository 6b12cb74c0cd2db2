#!/bin/bash
# A stand-in for the relay beside MiCC Enterprise (CCAS): one agent, one call. It answers the bridge's pings and requests.
# relays/ccas/README.md describes the lines.
exec 3<>/dev/tcp/127.0.0.1/7410
say() { echo "$1" >&3; }

say '{"hello":"ccas-relay","version":1,"token":"secret"}'
(
  sleep 1
  say '{"type":33,"RecID":9,"Name":"Sales"}'
  say '{"type":1,"RecID":40,"LogonID":"140","DN":"4040","Name":"Ann","VoiceReady":1,"ServiceGroupList":"9"}'
  say '{"type":35}'
  sleep 1
  say '{"type":24,"RecID":40,"CallID":900,"ServiceGroupID":9,"CallingPartyNumber":"5551234","CalledNumber":"800","CallType":3,"IVRLabel1":"tier","IVRData1":"gold"}'
  say '{"type":8,"RecID":40,"CallID":900,"OppositePartyNumber":"5551234"}'
) &

while read -r line <&3; do
  id=${line#*\"id\":}
  id=${id%%,*}
  case $line in
    *'"ping"'*) say "${line/ping/pong}" ;;
    *GetPhoneAgentstatus*) say "{\"id\":$id,\"hresult\":0,\"out\":{\"loggedOn\":false}}" ;;
    *SetVoiceNotReady*)
      echo "the bridge asks: $line"
      say "{\"id\":$id,\"hresult\":0}"
      say '{"type":4,"RecID":40,"ReasonID":3}'
      ;;
    *AnswerCall*)
      echo "the bridge asks: $line"
      say "{\"id\":$id,\"hresult\":0}"
      say '{"type":9,"RecID":40,"CallID":900,"OppositePartyNumber":"5551234"}'
      sleep 2
      say '{"type":14,"RecID":40,"CallID":900}'
      ;;
  esac
done
