// AgentIntegration.dll for programs that were written for MiContact Center Agent's, without an Agent: the same AgentClient
// object, backed by cti-bridge. This file is the surface that the guide's tables give; Desk.cs beside it does the work.
// README.md tells how to build, configure and register it.
//
// The guide names no namespace, no delegate and no class id. They stand together at the top of this file: change them to those
// of the DLL that a program refers to, compile, and the program needs no other change.

#define TRACE

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading;
using AgentBridge;
using RelayLine;

[assembly: AssemblyTitle("AgentIntegration")]
[assembly: AssemblyVersion("9.3.0.0")]
[assembly: ComVisible(false)]
[assembly: Guid(AgentIntegration.Ids.TypeLibrary)]

namespace AgentIntegration {
    // ------------------------------------------------------------------------------------- what the guide does not say

    static class Ids {
        public const string TypeLibrary = "eeb7e18c-5a9b-46ab-a790-6d9214cc12dd",
            AgentClient = "3f73e03d-bdcc-4f67-bd55-aaef1f786c5f",
            AgentClientEvents = "49e5df5c-e0f9-4edd-962e-a916d203384b", CQCode = "6ff02c3d-66e8-489c-a77a-0423bd91ee76",
            AgentClientProgId = "AgentIntegration.AgentClient", CQCodeProgId = "AgentIntegration.CQCode";
    }

#if SENDER_AND_ARGS
    // Handlers as .NET's own events have them: (sender, e), and the values of the guide's table are properties of e. COM
    // cannot hear such events.
    public delegate void PlainEventHandler(object sender, EventArgs e);
    public class RegistrationEventArgs : EventArgs { public bool Registered { get; set; } }
    public delegate void RegistrationEventHandler(object sender, RegistrationEventArgs e);
    public class UserInformationEventArgs : EventArgs { public UserInformation UserInformation { get; set; } }
    public delegate void UserInformationEventHandler(object sender, UserInformationEventArgs e);
    public class CallEventArgs : EventArgs { public Call Call { get; set; } }
    public delegate void CallEventHandler(object sender, CallEventArgs e);
    public class EmailEventArgs : EventArgs { public Email Email { get; set; } }
    public delegate void EmailEventHandler(object sender, EmailEventArgs e);
    public class SMSEventArgs : EventArgs { public SMS SMS { get; set; } }
    public delegate void SMSEventHandler(object sender, SMSEventArgs e);
    public class OpenMediaEventArgs : EventArgs { public OpenMedia OpenMedia { get; set; } }
    public delegate void OpenMediaEventHandler(object sender, OpenMediaEventArgs e);
    public class ChatEventArgs : EventArgs { public Chat Chat { get; set; } }
    public delegate void ChatEventHandler(object sender, ChatEventArgs e);
    public class RealTimeInformationEventArgs : EventArgs { public RealTimeInformation RealTimeInformation { get; set; } }
    public delegate void RealTimeInformationEventHandler(object sender, RealTimeInformationEventArgs e);
    public class DispatchPersonalCallEventArgs : EventArgs {
        public DispatchPersonalCall DispatchPersonalCall { get; set; }
        public UpdateType UpdateType { get; set; }
    }
    public delegate void DispatchPersonalCallEventHandler(object sender, DispatchPersonalCallEventArgs e);
    public class DispatchCommonHoldCallEventArgs : EventArgs {
        public DispatchCommonHoldCall DispatchCommonHoldCall { get; set; }
        public UpdateType UpdateType { get; set; }
    }
    public delegate void DispatchCommonHoldCallEventHandler(object sender, DispatchCommonHoldCallEventArgs e);
    public class DispatchVoiceCallEventArgs : EventArgs {
        public DispatchVoiceCall DispatchVoiceCall { get; set; }
        public UpdateType UpdateType { get; set; }
    }
    public delegate void DispatchVoiceCallEventHandler(object sender, DispatchVoiceCallEventArgs e);
    public class DispatchEmailEventArgs : EventArgs {
        public DispatchEmail DispatchEmail { get; set; }
        public UpdateType UpdateType { get; set; }
    }
    public delegate void DispatchEmailEventHandler(object sender, DispatchEmailEventArgs e);
    public class DispatchSMSEventArgs : EventArgs {
        public DispatchSMS DispatchSMS { get; set; }
        public UpdateType UpdateType { get; set; }
    }
    public delegate void DispatchSMSEventHandler(object sender, DispatchSMSEventArgs e);
    public class DispatchCampaignCallEventArgs : EventArgs {
        public DispatchCampaignCall DispatchCampaignCall { get; set; }
        public UpdateType UpdateType { get; set; }
    }
    public delegate void DispatchCampaignCallEventHandler(object sender, DispatchCampaignCallEventArgs e);
    public class RequestFailedEventArgs : EventArgs {
        public int ID { get; set; }
        public string Call { get; set; }
        public string Error { get; set; }
    }
    public delegate void RequestFailedEventHandler(object sender, RequestFailedEventArgs e);
#else
    // Handlers that take the values of the guide's table. COM hears events in this form only.
    public delegate void PlainEventHandler();
    public delegate void RegistrationEventHandler(bool registered);
    public delegate void UserInformationEventHandler(UserInformation userInformation);
    public delegate void CallEventHandler(Call call);
    public delegate void EmailEventHandler(Email email);
    public delegate void SMSEventHandler(SMS sms);
    public delegate void OpenMediaEventHandler(OpenMedia openMedia);
    public delegate void ChatEventHandler(Chat chat);
    public delegate void RealTimeInformationEventHandler(RealTimeInformation realTimeInformation);
    public delegate void DispatchPersonalCallEventHandler(DispatchPersonalCall dispatchPersonalCall, UpdateType updateType);
    public delegate void DispatchCommonHoldCallEventHandler(DispatchCommonHoldCall dispatchCommonHoldCall, UpdateType updateType);
    public delegate void DispatchVoiceCallEventHandler(DispatchVoiceCall dispatchVoiceCall, UpdateType updateType);
    public delegate void DispatchEmailEventHandler(DispatchEmail dispatchEmail, UpdateType updateType);
    public delegate void DispatchSMSEventHandler(DispatchSMS dispatchSMS, UpdateType updateType);
    public delegate void DispatchCampaignCallEventHandler(DispatchCampaignCall dispatchCampaignCall, UpdateType updateType);
    public delegate void RequestFailedEventHandler(int id, string call, string error);
#endif

    // ---------------------------------------------------------------------------------------------------------- codes

    [ComVisible(true)]
    public enum SessionState {
        Failed = -1, Undefined = 0, Idle = 1, Dialing = 2, Offered = 3, Calling = 4, Connected = 6, Held = 8, OnHold = 9,
        Conference = 10, Clearing = 11, Clerical = 99, ForceClearing = 100, EmailSMSOffered = 101, EmailSMSHandling = 102
    }

    [ComVisible(true)]
    public enum CallRecordingState { Stopped = 0, Paused = 1, Dialing = 2 }

    [ComVisible(true)]
    public enum CallType { Unknown = 0, Incoming = 1, Outgoing = 2, Consultation = 3, Callback = 4, AttendantRecall = 5 }

    /// Numbers above 64 are the site's own, which is why the guide's methods and properties take an int.
    [ComVisible(true)]
    public enum CampaignCallStatus {
        NotYetCalled = 1, Busy = 2, NoAnswer = 4, CallbackLater = 8, Completed = 16, WrongNumber = 32, DoNotCallAgain = 64
    }

    [ComVisible(true)]
    public enum MediaType { Chat = 1, Voice = 2, Email = 3, SMS = 4, OpenMedia = 5 }

    [ComVisible(true)]
    public enum UpdateType { Add = 0, Update = 1, Delete = 2 }

    // ----------------------------------------------------------------------------------------------------- interfaces

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class UserInformation {
        public string ExtensionNumber { get; set; }
        public int LoggedOn { get; set; }
        public string LoginID { get; set; }
        public string UserName { get; set; }
        public bool ReadyStatus { get; set; }
        public bool EmailReadyStatus { get; set; }
        public bool OpenMediaReadyStatus { get; set; }
        public int OASID { get; set; }
        public string OASServerName { get; set; }
        public bool ChatReadyStatus { get; set; }
        public int RecordID { get; set; }
        public int VoiceNotReadyReasonID { get; set; }
        public string VoiceNotReadyReasonString { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class Call {
        public string CallerName { get; set; }
        public CallInformation CallInfo { get; set; }
        public bool IsCampaignCall { get; set; }
        public CampaignCallInformation CampaignCallInfo { get; set; }
        public bool CanAnswer { get; set; }
        public bool CanDeflect { get; set; }
        public bool CanHangup { get; set; }
        public bool CanHold { get; set; }
        public bool CanRetrieve { get; set; }
        public bool CanReject { get; set; }
        public DateTime ConnectedTime { get; set; }
        public CallInformation ConsultingCallInfo { get; set; }
        public DateTime EndTime { get; set; }
        public int ID { get; set; }
        public bool Incoming { get; set; }
        public string PhoneNumber { get; set; }
        public CallRecordingState RecordingState { get; set; }
        public DateTime StartTime { get; set; }
        public SessionState State { get; set; }
        public string StateDescription { get; set; }
        public string PrivateData { get; set; }
        public string CalledNumber { get; set; }
        public CallType Type { get; set; }
        public string[] IVRData { get; set; }
        public string[] IVRLabels { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class CallInformation {
        public string CallingNumber { get; set; }
        public string GroupName { get; set; }
        public int QueueDuration { get; set; }
        public string[] IVRData { get; set; }
        public string[] IVRLabels { get; set; }
        public string IVRDataString { get; set; }
        public string IVRLabelString { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class CampaignCallInformation {
        public string DialedNumber { get; set; }
        public int CampaignID { get; set; }
        public string CampaignName { get; set; }
        public int CustomerID { get; set; }
        public string CustomerName { get; set; }
        public string Comment { get; set; }
        public int CallStatus { get; set; }
        public CampaignCustomerField[] Fields { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class CampaignCustomerField {
        public string Label { get; set; }
        public string Data { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class Email {
        public string BodyText { get; set; }
        public DateTime ConnectedTime { get; set; }
        public DateTime EndTime { get; set; }
        public string GroupName { get; set; }
        public int ID { get; set; }
        public string SenderEmailAddress { get; set; }
        public DateTime StartTime { get; set; }
        public SessionState State { get; set; }
        public string StateDescription { get; set; }
        public string Subject { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class SMS {
        public DateTime ConnectedTime { get; set; }
        public DateTime EndTime { get; set; }
        public string GroupName { get; set; }
        public int ID { get; set; }
        public string Message { get; set; }
        public string SenderNumber { get; set; }
        public DateTime StartTime { get; set; }
        public SessionState State { get; set; }
        public string StateDescription { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class OpenMedia {
        public int ID { get; set; }
        public SessionState State { get; set; }
        public string StateDescription { get; set; }
        public CallInformation CallInfo { get; set; }
        public DateTime StartTime { get; set; }
        public DateTime ConnectedTime { get; set; }
        public DateTime EndTime { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class Chat {
        public int ID { get; set; }
        public string GroupName { get; set; }
        public string CustomerName { get; set; }
        public string CustomerID { get; set; }
        public string CustomerEmailAddress { get; set; }
        public SessionState State { get; set; }
        public string StateDescription { get; set; }
        public DateTime StartTime { get; set; }
        public DateTime ConnectedTime { get; set; }
        public DateTime EndTime { get; set; }
        public string PrivateData { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class DispatchPersonalCall {
        public int ID { get; set; }
        public string Number { get; set; }
        public int PreferredAgentID { get; set; }
        public string PreferredAgentName { get; set; }
        public int ServiceGroupID { get; set; }
        public DateTime QueueStartTime { get; set; }
        public bool GeneralCall { get; set; }
        public string IVR { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class DispatchCommonHoldCall {
        public int ID { get; set; }
        public string Number { get; set; }
        public int ReservedAgentID { get; set; }
        public string ReservedAgentName { get; set; }
        public DateTime QueueStartTime { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class DispatchVoiceCall {
        public int ID { get; set; }
        public int ReservedAgentID { get; set; }
        public string ReservedAgentName { get; set; }
        public int ServiceGroupID { get; set; }
        public DateTime QueueStartTime { get; set; }
        public string Number { get; set; }
        public string CalledNumber { get; set; }
        public string IVR { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class DispatchEmail {
        public int ID { get; set; }
        public int ReservedAgentID { get; set; }
        public string ReservedAgentName { get; set; }
        public int ServiceGroupID { get; set; }
        public DateTime QueueStartTime { get; set; }
        public string EmailAddress { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class DispatchSMS {
        public int ID { get; set; }
        public int ReservedAgentID { get; set; }
        public string ReservedAgentName { get; set; }
        public int ServiceGroupID { get; set; }
        public DateTime QueueStartTime { get; set; }
        public string SMSAddress { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class DispatchCampaignCall {
        public int ID { get; set; }
        public string Name { get; set; }
        public string Number { get; set; }
        public int CampaignID { get; set; }
        public int ServiceGroupID { get; set; }
        public int ReservedAgentID { get; set; }
        public string ReservedAgentName { get; set; }
        public int PreferredAgentID { get; set; }
        public string PreferredAgentName { get; set; }
        public CampaignCustomerField[] Fields { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class NotReadyReason {
        public int ID { get; set; }
        public string Name { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual), Guid(Ids.CQCode), ProgId(Ids.CQCodeProgId)]
    public class CQCode {
        public int ID { get; set; }
        public string Code { get; set; }
        public string Name { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class RealTimeInformation {
        public int ServiceGroupID { get; set; }
        public string ServiceGroupName { get; set; }
        public int CallsInQueue { get; set; }
    }

    [ComVisible(true), ClassInterface(ClassInterfaceType.AutoDual)]
    public class Tab {
        public int Index { get; set; }
        public string Name { get; set; }
        public string Symbol { get; set; }
        public bool Selected { get; set; }
    }

    // ---------------------------------------------------------------------------------------------------- the object

    [ComVisible(true), Guid(Ids.AgentClientEvents), InterfaceType(ComInterfaceType.InterfaceIsIDispatch)]
    public interface IAgentClientEvents {
        [DispId(1)] void OnApplicationClosed();
        [DispId(2)] void OnApplicationReadyForInitialization();
        [DispId(3)] void OnCallEvent(Call call);
        [DispId(4)] void OnEmailEvent(Email email);
        [DispId(5)] void OnSMSEvent(SMS sms);
        [DispId(6)] void OnOpenMediaEvent(OpenMedia openMedia);
        [DispId(7)] void OnRegistrationStatus(bool registered);
        [DispId(8)] void OnUserLogin();
        [DispId(9)] void OnDispatchPersonalCallEvent(DispatchPersonalCall dispatchPersonalCall, UpdateType updateType);
        [DispId(10)] void OnDispatchCommonHoldCallEvent(DispatchCommonHoldCall dispatchCommonHoldCall, UpdateType updateType);
        [DispId(11)] void OnDispatchVoiceCallEvent(DispatchVoiceCall dispatchVoiceCall, UpdateType updateType);
        [DispId(12)] void OnDispatchEmailEvent(DispatchEmail dispatchEmail, UpdateType updateType);
        [DispId(13)] void OnDispatchSMSEvent(DispatchSMS dispatchSMS, UpdateType updateType);
        [DispId(14)] void OnDispatchCampaignCallEvent(DispatchCampaignCall dispatchCampaignCall, UpdateType updateType);
        [DispId(15)] void OnUserStatusUpdate(UserInformation userInformation);
        [DispId(16)] void OnChatEvent(Chat chat);
        [DispId(17)] void OnRealTimeInformationUpdate(RealTimeInformation realTimeInformation);
    }

    [ComVisible(true), Guid(Ids.AgentClient), ProgId(Ids.AgentClientProgId), ClassInterface(ClassInterfaceType.AutoDual)]
#if !SENDER_AND_ARGS
    [ComSourceInterfaces(typeof(IAgentClientEvents))]
#endif
    public class AgentClient : IDisposable {
        public event PlainEventHandler OnApplicationClosed;
        public event PlainEventHandler OnApplicationReadyForInitialization;
        public event CallEventHandler OnCallEvent;
        public event EmailEventHandler OnEmailEvent;
        public event SMSEventHandler OnSMSEvent;
        public event OpenMediaEventHandler OnOpenMediaEvent;
        public event RegistrationEventHandler OnRegistrationStatus;
        public event PlainEventHandler OnUserLogin;
        public event DispatchPersonalCallEventHandler OnDispatchPersonalCallEvent;
        public event DispatchCommonHoldCallEventHandler OnDispatchCommonHoldCallEvent;
        public event DispatchVoiceCallEventHandler OnDispatchVoiceCallEvent;
        public event DispatchEmailEventHandler OnDispatchEmailEvent;
        public event DispatchSMSEventHandler OnDispatchSMSEvent;
        public event DispatchCampaignCallEventHandler OnDispatchCampaignCallEvent;
        public event UserInformationEventHandler OnUserStatusUpdate;
        public event ChatEventHandler OnChatEvent;
        public event RealTimeInformationEventHandler OnRealTimeInformationUpdate;

        /// Of cti-bridge, not of the guide: a request that was sent has failed after all.
        public event RequestFailedEventHandler RequestFailed;

        readonly EventQueue queue;
        readonly Desk desk;

        /// Connects to the bridge in the background, so that OnApplicationReadyForInitialization can be heard before
        /// Initialize. Settings that are wrong show in LastError.
        public AgentClient() {
            LastError = "";
            queue = new EventQueue(Raise) { Context = SynchronizationContext.Current };
            try {
                string assembly = new Uri(typeof(AgentClient).Assembly.CodeBase).LocalPath;
                desk = new Desk(new DeskSettings(Path.GetDirectoryName(assembly)), queue);
            } catch (OptionError e) {
                Refuse("AgentClient", e.Message);
            }
        }

        /// Of cti-bridge, not of the guide: why the last method that the bridge was asked answered false or nothing.
        public string LastError { get; private set; }

        public void Dispose() {
            if (desk == null) return;
            desk.Mirror.Tell(false);
            desk.Dispose();
        }

        // Initialization, startup and shutdown. The Agent is running where the bridge is there and the agent is logged on.

        public bool Initialize() {
            if (!IsThere("Initialize")) return false;
            SynchronizationContext context = SynchronizationContext.Current;
            if (context != null) queue.Context = context;
            desk.Mirror.Tell(true);
            return true;
        }

        public bool Uninitialize() {
            if (desk == null) return false;
            desk.Mirror.Tell(false);
            return true;
        }

        public bool CanInitialize() {
            return IsThere("CanInitialize");
        }

        public bool IsBSARunning() {
            return IsThere("IsBSARunning") && desk.Mirror.IsLoggedOn;
        }

        public bool LaunchBSA() {
            if (!IsThere("LaunchBSA")) return false;
            if (!desk.Mirror.IsLoggedOn && !Ask("LogOn")) return false;
            if (!desk.Mirror.Telling) desk.Mirror.Say("OnApplicationReadyForInitialization");
            return true;
        }

        /// Logs the agent on. The bridge's token says who that is: the password and the servers are not used.
        public bool LaunchBSAWithCredentials(string logonID, string password, string extension = "",
            string extensionPassword = "", string siteName = "", string webServer = "", string brokerServer = "",
            int brokerPort = 0) {
            if (!IsThere("LaunchBSAWithCredentials")) return false;
            string known = Convert.ToString(desk.Mirror.User.Get("LoginID"), CultureInfo.InvariantCulture);
            if (known != "" && !string.IsNullOrEmpty(logonID) && known != logonID)
                return Refuse("LaunchBSAWithCredentials", "the token is not that of the agent " + logonID);
            if (!(string.IsNullOrEmpty(extension) ? Ask("LogOn") : Ask("LogOn", "Station", extension))) return false;
            if (!desk.Mirror.Telling) desk.Mirror.Say("OnApplicationReadyForInitialization");
            return true;
        }

        public UserInformation GetUserInformation() {
            return (UserInformation)Convertible.Read(typeof(UserInformation), desk == null ? new Line() : desk.Mirror.User);
        }

        /// The guide's introduction has this name.
        public UserInformation GetUserInfo() {
            return GetUserInformation();
        }

        public bool IsRegistered() {
            return desk != null && desk.Mirror.Telling && desk.IsThere();
        }

        /// Logs the agent off. Initialize begins anew after it.
        public void CloseApplication() {
            if (!Ask("LogOff")) return;
            if (desk.Mirror.Telling) desk.Mirror.Say("OnApplicationClosed");
            desk.Mirror.Tell(false);
        }

        // Calls and sessions, from the mirror.

        public Call[] GetCalls() {
            return Sessions<Call>();
        }

        public Email[] GetEmails() {
            return Sessions<Email>();
        }

        public SMS[] GetSMS() {
            return Sessions<SMS>();
        }

        public OpenMedia[] GetOpenMedia() {
            return Sessions<OpenMedia>();
        }

        public Chat[] GetChats() {
            return Sessions<Chat>();
        }

        T[] Sessions<T>() {
            var found = new List<Line>();
            if (desk != null) found = desk.Mirror.Sessions(typeof(T).Name);
            return found.ConvertAll(each => (T)Convertible.Read(typeof(T), each)).ToArray();
        }

        // Lists that the bridge has.

        public NotReadyReason[] GetNotReadyReasons() {
            return Get<NotReadyReason[]>("GetNotReadyReasons", "NotReadyReasons") ?? new NotReadyReason[0];
        }

        public CQCode[] GetCQCodes(int serviceGroupID) {
            return Get<CQCode[]>("GetCQCodes", "CQCodes", "ServiceGroupID", serviceGroupID) ?? new CQCode[0];
        }

        public Tab[] GetAllTabs() {
            return Get<Tab[]>("GetAllTabs", "Tabs") ?? new Tab[0];
        }

        public Tab GetTabByName(string name) {
            return Get<Tab>("GetTabByName", "Tab", "name", name);
        }

        public bool EnterCQCodes(int callID, int mediaType, CQCode[] codes) {
            return Ask("EnterCQCodes", "CallID", callID, "MediaType", mediaType, "Codes", codes);
        }

        /// With the code by its name.
        public bool EnterCQCodes(int callID, MediaType mediaType, CQCode[] codes) {
            return EnterCQCodes(callID, (int)mediaType, codes);
        }

        // Call control. True: the request was sent; the events of the call show what became of it.

        public bool MakeCall(string number, string name = "", bool useNumberTranslation = false) {
            return Ask("MakeCall", "Number", number, "Name", name, "UseNumberTranslation", useNumberTranslation);
        }

        public bool AnswerActiveCall() {
            return Ask("AnswerActiveCall");
        }

        public bool AnswerCall(int callID) {
            return Ask("AnswerCall", "CallID", callID);
        }

        public bool HangupActiveCall() {
            return Ask("HangupActiveCall");
        }

        public bool HangupCall(int callID) {
            return Ask("HangupCall", "CallID", callID);
        }

        public bool HoldActiveCall() {
            return Ask("HoldActiveCall");
        }

        public bool RetrieveActiveCall() {
            return Ask("RetrieveActiveCall");
        }

        public bool RetrieveCall(int callID) {
            return Ask("RetrieveCall", "CallID", callID);
        }

        public bool TransferCall(int callID) {
            return Ask("TransferCall", "CallID", callID);
        }

        public bool ConferenceActiveCall() {
            return Ask("ConferenceActiveCall");
        }

        public bool EnterDtmfActiveCall(string digits) {
            return Ask("EnterDtmfActiveCall", "Digits", digits);
        }

        public bool DeflectActiveCall(string destination) {
            return Ask("DeflectActiveCall", "Destination", destination);
        }

        public bool DeflectCall(int callID, string destination) {
            return Ask("DeflectCall", "CallID", callID, "Destination", destination);
        }

        public bool CanMakeCall() {
            return Can("CanMakeCall");
        }

        public bool CanConference() {
            return Can("CanConference");
        }

        public bool CanTransfer() {
            return Can("CanTransfer");
        }

        public bool SetPrivateData(int callID, string data) {
            return Ask("SetPrivateData", "CallID", callID, "Data", data);
        }

        public bool StartRecording(int agentID, bool allCalls) {
            return Ask("StartRecording", "AgentID", agentID, "AllCalls", allCalls);
        }

        public bool StopRecording(int agentID) {
            return Ask("StopRecording", "AgentID", agentID);
        }

        public bool DeflectCallToServiceGroup(int callID, int serviceGroupID) {
            return Ask("DeflectCallToServiceGroup", "CallID", callID, "ServiceGroupID", serviceGroupID);
        }

        public bool SetIVRData(int callID, string label, string data) {
            return Ask("SetIVRData", "CallID", callID, "Label", label, "Data", data);
        }

        // The agent.

        public bool CancelClerical(int callID) {
            return Ask("CancelClerical", "CallID", callID);
        }

        public bool ExtendClerical(int callID) {
            return Ask("ExtendClerical", "CallID", callID);
        }

        public bool RejectServiceCall(int callID) {
            return Ask("RejectServiceCall", "CallID", callID);
        }

        public bool SetReadyStatus(bool status, int reasonID = 0, string reasonName = "") {
            return Ask("SetReadyStatus", "Status", status, "ReasonID", reasonID, "ReasonName", reasonName);
        }

        public bool SetEmailReadyStatus(bool status) {
            return Ask("SetEmailReadyStatus", "Status", status);
        }

        public bool SetOpenMediaReadyStatus(bool status) {
            return Ask("SetOpenMediaReadyStatus", "Status", status);
        }

        public bool SetChatReadyStatus(bool status) {
            return Ask("SetChatReadyStatus", "Status", status);
        }

        public bool SetCampaignCallStatus(int callID, int status, bool scheduleCallback = false,
            DateTime callbackTime = default(DateTime)) {
            return Ask("SetCampaignCallStatus", "CallID", callID, "Status", status,
                "ScheduleCallback", scheduleCallback, "CallbackTime", callbackTime);
        }

        public bool StartMonitor(string agentLogonID, bool continuous) {
            return Ask("StartMonitor", "AgentLogonID", agentLogonID, "Continuous", continuous);
        }

        public bool StopMonitor() {
            return Ask("StopMonitor");
        }

        // Dispatch lists.

        public bool SubscribeDispatchPersonalCalls(int serviceGroupID, bool subscribe) {
            return Ask("SubscribeDispatchPersonalCalls", "ServiceGroupID", serviceGroupID, "Subscribe", subscribe);
        }

        public bool SubscribeDispatchCommonHoldCalls(bool subscribe) {
            return Ask("SubscribeDispatchCommonHoldCalls", "Subscribe", subscribe);
        }

        public bool SubscribeDispatchVoiceCalls(int serviceGroupID, bool subscribe) {
            return Ask("SubscribeDispatchVoiceCalls", "ServiceGroupID", serviceGroupID, "Subscribe", subscribe);
        }

        public bool SubscribeDispatchEmails(int serviceGroupID, bool subscribe) {
            return Ask("SubscribeDispatchEmails", "ServiceGroupID", serviceGroupID, "Subscribe", subscribe);
        }

        public bool SubscribeDispatchSMSs(int serviceGroupID, bool subscribe) {
            return Ask("SubscribeDispatchSMSs", "ServiceGroupID", serviceGroupID, "Subscribe", subscribe);
        }

        public bool SubscribeDispatchCampaignCalls(int campaignID, bool subscribe) {
            return Ask("SubscribeDispatchCampaignCalls", "CampaignID", campaignID, "Subscribe", subscribe);
        }

        public bool RetrieveDispatchPersonalCall(int callID) {
            return Ask("RetrieveDispatchPersonalCall", "CallID", callID);
        }

        public bool RetrieveDispatchCommonHoldCall(int callID) {
            return Ask("RetrieveDispatchCommonHoldCall", "CallID", callID);
        }

        public bool RetrieveDispatchVoiceCall(int callID) {
            return Ask("RetrieveDispatchVoiceCall", "CallID", callID);
        }

        public bool RetrieveDispatchEmail(int callID) {
            return Ask("RetrieveDispatchEmail", "CallID", callID);
        }

        public bool RetrieveDispatchSMS(int callID) {
            return Ask("RetrieveDispatchSMS", "CallID", callID);
        }

        public bool RetrieveDispatchCampaignCall(int customerID) {
            return Ask("RetrieveDispatchCampaignCall", "CustomerID", customerID);
        }

        public bool ReserveDispatchPersonalCall(int callID, bool reserve) {
            return Ask("ReserveDispatchPersonalCall", "CallID", callID, "Reserve", reserve);
        }

        public bool ReserveDispatchCommonHoldCall(int callID, bool reserve) {
            return Ask("ReserveDispatchCommonHoldCall", "CallID", callID, "Reserve", reserve);
        }

        public bool ReserveDispatchVoiceCall(int callID, bool reserve) {
            return Ask("ReserveDispatchVoiceCall", "CallID", callID, "Reserve", reserve);
        }

        public bool ReserveDispatchEmail(int callID, bool reserve) {
            return Ask("ReserveDispatchEmail", "CallID", callID, "Reserve", reserve);
        }

        public bool ReserveDispatchSMS(int callID, bool reserve) {
            return Ask("ReserveDispatchSMS", "CallID", callID, "Reserve", reserve);
        }

        public bool ReserveDispatchCampaignCall(int customerID, bool reserve) {
            return Ask("ReserveDispatchCampaignCall", "CustomerID", customerID, "Reserve", reserve);
        }

        public bool EnableDispatchEvents(bool enable) {
            return Ask("EnableDispatchEvents", "Enable", enable);
        }

        // Web tabs.

        public bool SetTabHeaderSymbol(int tabIndex, string symbol, string htmlColor) {
            return Ask("SetTabHeaderSymbol", "tabIndex", tabIndex, "symbol", symbol, "htmlColor", htmlColor);
        }

        public bool SelectTab(int tabIndex) {
            return Ask("SelectTab", "tabIndex", tabIndex);
        }

        public bool TabReload(int tabIndex) {
            return Ask("TabReload", "tabIndex", tabIndex);
        }

        public bool TabNavigate(int tabIndex, string url) {
            return Ask("TabNavigate", "tabIndex", tabIndex, "url", url);
        }

        // Real-time information.

        public bool SubscribeRealTimeInformation(int serviceGroupID, string serviceGroupName, bool subscribe) {
            return Ask("SubscribeRealTimeInformation", "ServiceGroupID", serviceGroupID,
                "ServiceGroupName", serviceGroupName, "Subscribe", subscribe);
        }

        // Asking the bridge, and raising what it tells.

        bool IsThere(string method) {
            if (desk == null) return false;
            if (!desk.IsThere()) return Refuse(method, "the bridge is away");
            LastError = "";
            return true;
        }

        bool Refuse(string method, string error) {
            LastError = method + ": " + error;
            Trace.TraceWarning("AgentClient: {0}", LastError);
            return false;
        }

        bool Ask(string method, params object[] pairs) {
            return Get<object>(method, "Result", pairs) as bool? == true;
        }

        /// The bridge says beforehand what it would answer.
        bool Can(string method) {
            return IsThere(method) && (desk.Mirror.Ability(method) ?? Ask(method));
        }

        T Get<T>(string method, string member, params object[] pairs) where T : class {
            if (desk == null) return null;
            var arguments = new Line();
            for (int i = 0; i < pairs.Length; i += 2) {
                object value = Convertible.ToJson(pairs[i + 1]);
                if (value != null) arguments.Add((string)pairs[i], value);
            }
            string error;
            object result = desk.Ask(method, arguments, member, out error);
            LastError = "";
            if (error != null) Refuse(method, error);
            return (T)Convertible.Read(typeof(T), result);
        }

        /// Whatever form the delegates have: the values of an event are told apart by their types, and others by their names.
        void Raise(Happening happening) {
            Delegate handlers = HandlersOf(happening.Name);
            if (handlers == null) return;
            foreach (Delegate handler in handlers.GetInvocationList()) {
                ParameterInfo[] parameters = handler.GetType().GetMethod("Invoke").GetParameters();
                object[] values = Array.ConvertAll(parameters, each => ValueOf(each.ParameterType, each.Name, happening));
                try {
                    handler.DynamicInvoke(values);
                } catch (TargetInvocationException e) {
                    // The next handler, and the next event, must not miss anything by it.
                    Trace.TraceError("AgentClient: a handler of {0} failed: {1}", happening.Name, e.InnerException);
                }
            }
        }

        Delegate HandlersOf(string name) {
            switch (name) {
                case "OnApplicationClosed": return OnApplicationClosed;
                case "OnApplicationReadyForInitialization": return OnApplicationReadyForInitialization;
                case "OnCallEvent": return OnCallEvent;
                case "OnEmailEvent": return OnEmailEvent;
                case "OnSMSEvent": return OnSMSEvent;
                case "OnOpenMediaEvent": return OnOpenMediaEvent;
                case "OnRegistrationStatus": return OnRegistrationStatus;
                case "OnUserLogin": return OnUserLogin;
                case "OnDispatchPersonalCallEvent": return OnDispatchPersonalCallEvent;
                case "OnDispatchCommonHoldCallEvent": return OnDispatchCommonHoldCallEvent;
                case "OnDispatchVoiceCallEvent": return OnDispatchVoiceCallEvent;
                case "OnDispatchEmailEvent": return OnDispatchEmailEvent;
                case "OnDispatchSMSEvent": return OnDispatchSMSEvent;
                case "OnDispatchCampaignCallEvent": return OnDispatchCampaignCallEvent;
                case "OnUserStatusUpdate": return OnUserStatusUpdate;
                case "OnChatEvent": return OnChatEvent;
                case "OnRealTimeInformationUpdate": return OnRealTimeInformationUpdate;
                case "RequestFailed": return RequestFailed;
                default: return null;
            }
        }

        object ValueOf(Type type, string name, Happening happening) {
            if (type == typeof(object)) return this;
            if (typeof(EventArgs).IsAssignableFrom(type)) {
                object args = type == typeof(EventArgs) ? EventArgs.Empty : Activator.CreateInstance(type);
                foreach (PropertyInfo property in type.GetProperties())
                    property.SetValue(args, ValueOf(property.PropertyType, property.Name, happening), null);
                return args;
            }
            if (Convertible.IsRecord(type)) return Convertible.Read(type, happening.Record);
            return Convertible.Read(type, happening.Value ?? (happening.Record == null ? null : happening.Record.Get(name)));
        }
    }

    /// Lines as records and back, by the names and types of their properties.
    static class Convertible {
        public static bool IsRecord(Type type) {
            return type.IsClass && !type.IsArray && type.Namespace == typeof(AgentClient).Namespace;
        }

        public static object Read(Type type, object value) {
            try {
                return Convert(type, value);
            } catch (Exception e) {
                // One odd value must not cost the whole event.
                Trace.TraceWarning("AgentClient: a value is no {0}: {1}", type.Name, e.Message);
                return Convert(type, null);
            }
        }

        static object Convert(Type type, object value) {
            if (type == typeof(object)) return value;
            if (type == typeof(string)) return System.Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            if (type == typeof(DateTime)) {
                var text = value as string;
                if (string.IsNullOrEmpty(text) || text.StartsWith("0001", StringComparison.Ordinal)) return DateTime.MinValue;
                DateTimeOffset time = DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal);
                return time.LocalDateTime;
            }
            if (type.IsEnum) return Enum.ToObject(type, value ?? 0L);
            if (type.IsArray) {
                var items = value as List<object>;
                if (items == null) return type == typeof(object) ? null : Array.CreateInstance(type.GetElementType(), 0);
                Array array = Array.CreateInstance(type.GetElementType(), items.Count);
                for (int i = 0; i < items.Count; i++) array.SetValue(Read(type.GetElementType(), items[i]), i);
                return array;
            }
            if (!IsRecord(type)) return System.Convert.ChangeType(value ?? 0L, type, CultureInfo.InvariantCulture);
            var line = value as Line;
            if (line == null) return null;
            object record = Activator.CreateInstance(type);
            foreach (PropertyInfo property in type.GetProperties())
                property.SetValue(record, Read(property.PropertyType, line.Get(property.Name)), null);
            return record;
        }

        /// Null is left out, and so is a date that is not set.
        public static object ToJson(object value) {
            if (value == null || value is string || value is bool) return value;
            if (value is int) return (long)(int)value;
            if (value is Enum) return System.Convert.ToInt64(value, CultureInfo.InvariantCulture);
            if (value is DateTime) {
                var time = (DateTime)value;
                if (time.Year < 1900) return null;
                if (time.Kind == DateTimeKind.Unspecified) time = DateTime.SpecifyKind(time, DateTimeKind.Local);
                return time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffK", CultureInfo.InvariantCulture);
            }
            var array = value as Array;
            if (array != null) {
                var items = new List<object>();
                foreach (object each in array) items.Add(ToJson(each));
                return items;
            }
            var line = new Line();
            foreach (PropertyInfo property in value.GetType().GetProperties()) {
                object member = ToJson(property.GetValue(value, null));
                if (member != null) line.Add(property.Name, member);
            }
            return line;
        }
    }
}
