// Types of agent-client.js. Names, parameters and properties are those of the AgentClient object of MiContact Center Agent's
// guide, in camelCase; what is not the guide's says "Ours". A method that answers true or false has sent its request if the
// answer is true, and events show what becomes of it.

/** States of calls and sessions. */
export declare const enum SessionState {
  failed = -1,
  undefined = 0,
  idle = 1,
  dialing = 2,
  offered = 3,
  calling = 4,
  connected = 6,
  /** by the agent */
  held = 8,
  /** by the other side */
  onHold = 9,
  conference = 10,
  clearing = 11,
  /** work after the call */
  clerical = 99,
  forceClearing = 100,
  mailOffered = 101,
  mailHandling = 102,
}

export declare const enum CallType { unknown = 0, incoming = 1, outgoing = 2, consultation = 3, callback = 4, attendantRecall = 5 }

export declare const enum MediaType { chat = 1, voice = 2, email = 3, sms = 4, openMedia = 5 }

export declare const enum UpdateType { add = 0, update = 1, delete = 2 }

export interface UserInformation {
  extensionNumber: string;
  /** 1 if the agent is logged on, else 0 */
  loggedOn: number;
  loginID: string;
  userName: string;
  /** for voice */
  readyStatus: boolean;
  /** for e-mail and SMS */
  emailReadyStatus: boolean;
  openMediaReadyStatus: boolean;
  oasid: number;
  oasServerName: string;
  chatReadyStatus: boolean;
  recordID: number;
  /** 0: none, or the agent is ready */
  voiceNotReadyReasonID: number;
  voiceNotReadyReasonString: string;
}

export interface Call {
  id: number;
  startTime: Date | null;
  connectedTime: Date | null;
  endTime: Date | null;
  state: SessionState;
  stateDescription: string;
  type: CallType;
  incoming: boolean;
  /** of the opposite party */
  phoneNumber: string;
  /** of the opposite party */
  callerName: string;
  /** called originally */
  calledNumber: string;
  /** only of a service group's call */
  callInfo: CallInformation | null;
  isCampaignCall: boolean;
  /** only of a campaign's call */
  campaignCallInfo: CampaignCallInformation | null;
  /** only of a group's call that another agent transferred */
  consultingCallInfo: CallInformation | null;
  canAnswer: boolean;
  canDeflect: boolean;
  canHangup: boolean;
  canHold: boolean;
  canRetrieve: boolean;
  canReject: boolean;
  /** 0 stopped, 1 paused, 2 running */
  recordingState: number;
  privateData: string;
  ivrData: string[];
  ivrLabels: string[];
  /** Ours: the id of the group that distributed it, for getCQCodes; 0 if it is not known. */
  serviceGroupID: number;
}

export interface CallInformation {
  callingNumber: string;
  groupName: string;
  /** in seconds */
  queueDuration: number;
  ivrData: string[];
  ivrLabels: string[];
  ivrDataString: string;
  ivrLabelString: string;
}

export interface CampaignCallInformation {
  dialedNumber: string;
  campaignID: number;
  campaignName: string;
  customerID: number;
  customerName: string;
  comment: string;
  /** 1 not yet called, 2 busy, 4 no answer, 8 callback later, 16 completed, 32 wrong number, 64 do not call again, above 64 the site's own */
  callStatus: number;
  fields: CampaignCustomerField[];
}

export interface CampaignCustomerField {
  label: string;
  data: string;
}

export interface Email {
  id: number;
  startTime: Date | null;
  connectedTime: Date | null;
  endTime: Date | null;
  state: SessionState;
  stateDescription: string;
  groupName: string;
  senderEmailAddress: string;
  subject: string;
  bodyText: string;
  /** Ours: the id of the group that distributed it, for getCQCodes; 0 if it is not known. */
  serviceGroupID: number;
}

export interface SMS {
  id: number;
  startTime: Date | null;
  connectedTime: Date | null;
  endTime: Date | null;
  state: SessionState;
  stateDescription: string;
  groupName: string;
  senderNumber: string;
  message: string;
  /** Ours: the id of the group that distributed it, for getCQCodes; 0 if it is not known. */
  serviceGroupID: number;
}

export interface OpenMedia {
  id: number;
  startTime: Date | null;
  connectedTime: Date | null;
  endTime: Date | null;
  state: SessionState;
  stateDescription: string;
  callInfo: CallInformation | null;
  /** Ours: the id of the group that distributed it, for getCQCodes; 0 if it is not known. */
  serviceGroupID: number;
}

export interface Chat {
  id: number;
  startTime: Date | null;
  connectedTime: Date | null;
  endTime: Date | null;
  state: SessionState;
  stateDescription: string;
  groupName: string;
  customerName: string;
  customerID: string;
  customerEmailAddress: string;
  privateData: string;
  /** Ours: the id of the group that distributed it, for getCQCodes; 0 if it is not known. */
  serviceGroupID: number;
}

export interface DispatchPersonalCall {
  id: number;
  number: string;
  preferredAgentID: number;
  preferredAgentName: string;
  serviceGroupID: number;
  queueStartTime: Date | null;
  generalCall: boolean;
  ivr: string;
}

export interface DispatchCommonHoldCall {
  id: number;
  number: string;
  reservedAgentID: number;
  reservedAgentName: string;
  queueStartTime: Date | null;
}

export interface DispatchVoiceCall {
  id: number;
  serviceGroupID: number;
  reservedAgentID: number;
  reservedAgentName: string;
  queueStartTime: Date | null;
  number: string;
  calledNumber: string;
  ivr: string;
}

export interface DispatchEmail {
  id: number;
  serviceGroupID: number;
  reservedAgentID: number;
  reservedAgentName: string;
  queueStartTime: Date | null;
  emailAddress: string;
}

export interface DispatchSMS {
  id: number;
  serviceGroupID: number;
  reservedAgentID: number;
  reservedAgentName: string;
  queueStartTime: Date | null;
  smsAddress: string;
}

export interface DispatchCampaignCall {
  id: number;
  name: string;
  number: string;
  campaignID: number;
  serviceGroupID: number;
  reservedAgentID: number;
  reservedAgentName: string;
  preferredAgentID: number;
  preferredAgentName: string;
  fields: CampaignCustomerField[];
}

export interface NotReadyReason {
  id: number;
  name: string;
}

export interface CQCode {
  id: number;
  code: string;
  name: string;
}

export interface RealTimeInformation {
  serviceGroupID: number;
  serviceGroupName: string;
  callsInQueue: number;
}

export interface Tab {
  index: number;
  name: string;
  symbol: string;
  selected: boolean;
}
/** Ours: why a method is false, failed later, or why there is no connection (then `method` is null). */
export interface AgentError {
  method: string | null;
  reason: string;
}

/** Unknown members of a desktop's event, under camelCase names; left out if there are none. */
export type More = Record<string, unknown>;

export interface AgentEvents {
  onApplicationClosed: () => void;
  onApplicationReadyForInitialization: () => void;
  onUserLogin: (more?: More) => void;
  onUserStatusUpdate: (user: UserInformation, more?: More) => void;
  onRegistrationStatus: (registered: boolean) => void;
  onCallEvent: (call: Call, more?: More) => void;
  onEmailEvent: (email: Email, more?: More) => void;
  onSMSEvent: (sms: SMS, more?: More) => void;
  onOpenMediaEvent: (session: OpenMedia, more?: More) => void;
  onChatEvent: (chat: Chat, more?: More) => void;
  onDispatchPersonalCallEvent: (call: DispatchPersonalCall, updateType: UpdateType, more?: More) => void;
  onDispatchCommonHoldCallEvent: (call: DispatchCommonHoldCall, updateType: UpdateType, more?: More) => void;
  onDispatchVoiceCallEvent: (call: DispatchVoiceCall, updateType: UpdateType, more?: More) => void;
  onDispatchEmailEvent: (email: DispatchEmail, updateType: UpdateType, more?: More) => void;
  onDispatchSMSEvent: (sms: DispatchSMS, updateType: UpdateType, more?: More) => void;
  onDispatchCampaignCallEvent: (call: DispatchCampaignCall, updateType: UpdateType, more?: More) => void;
  onRealTimeInformationUpdate: (information: RealTimeInformation, more?: More) => void;
  /** Ours. */
  onError: (error: AgentError) => void;
  /** Ours: the bridge is there and the mirror is whole, or the bridge is away, with the reason. */
  onConnectionStatus: (connected: boolean, reason: string) => void;
  /** Ours: getNotReadyReasons or getCQCodes has another answer now. */
  onListUpdate: (list: "notReadyReasons" | "cqCodes") => void;
}

type Handlers = { [Name in keyof AgentEvents]: AgentEvents[Name] | null };
type HandlersInPascalCase = { [Name in keyof AgentEvents as Capitalize<Name>]: AgentEvents[Name] | null };

export interface AgentClient extends Handlers, HandlersInPascalCase {
  /** Ours: resolved as soon as the mirror is whole for the first time; rejected only if there is no token, or by close(). */
  readonly ready: Promise<AgentClient>;
  /** Ours: whether the bridge is there and the mirror is current. */
  readonly connected: boolean;

  /** Names in any case, with or without "on". A listener gets what a handler gets. */
  addEventListener<Name extends keyof AgentEvents>(name: Name, listener: AgentEvents[Name]): void;
  addEventListener(name: string, listener: (...args: any[]) => void): void;
  removeEventListener(name: string, listener: (...args: any[]) => void): void;

  getUserInformation(): UserInformation;
  /** The same; the guide has both names. */
  getUserInfo(): UserInformation;
  isRegistered(): boolean;

  makeCall(number: string, name?: string, useNumberTranslation?: boolean): boolean;
  answerActiveCall(): boolean;
  answerCall(callID: number): boolean;
  hangupActiveCall(): boolean;
  hangupCall(callID: number): boolean;
  holdActiveCall(): boolean;
  retrieveActiveCall(): boolean;
  retrieveCall(callID: number): boolean;
  /** callID: of the held call, which is transferred to the active one. */
  transferCall(callID: number): boolean;
  conferenceActiveCall(): boolean;
  enterDtmfActiveCall(digits: string): boolean;
  deflectActiveCall(destination: string): boolean;
  deflectCall(callID: number, destination: string): boolean;
  canMakeCall(): boolean;
  canConference(): boolean;
  canTransfer(): boolean;
  setPrivateData(callID: number, data: string): boolean;
  startRecording(agentID?: number, allCalls?: boolean): boolean;
  stopRecording(agentID?: number): boolean;
  deflectCallToServiceGroup(callID: number, serviceGroupID: number): boolean;
  setIVRData(callID: number, label: string, data: string): boolean;

  cancelClerical(callID: number): boolean;
  extendClerical(callID: number): boolean;
  rejectServiceCall(callID: number): boolean;
  setReadyStatus(status: boolean, reasonID?: number, reasonName?: string): boolean;
  setEmailReadyStatus(status: boolean): boolean;
  setOpenMediaReadyStatus(status: boolean): boolean;
  setChatReadyStatus(status: boolean): boolean;
  setCampaignCallStatus(callID: number, status: number, scheduleCallback?: boolean, callbackTime?: Date | string): boolean;
  getNotReadyReasons(): NotReadyReason[];
  startMonitor(agentLogonID: string, continuous?: boolean): boolean;
  stopMonitor(): boolean;
  enterCQCodes(callID: number, mediaType: MediaType, codes: Partial<CQCode>[]): boolean;
  /** Of a group that no call came from yet, empty at first: onListUpdate says when they are there. */
  getCQCodes(serviceGroupID: number): CQCode[];

  getCalls(): Call[];
  getEmails(): Email[];
  getSMS(): SMS[];
  getOpenMedia(): OpenMedia[];
  getChats(): Chat[];

  subscribeDispatchPersonalCalls(serviceGroupID: number, subscribe: boolean): boolean;
  subscribeDispatchCommonHoldCalls(subscribe: boolean): boolean;
  subscribeDispatchVoiceCalls(serviceGroupID: number, subscribe: boolean): boolean;
  subscribeDispatchEmails(serviceGroupID: number, subscribe: boolean): boolean;
  subscribeDispatchSMSs(serviceGroupID: number, subscribe: boolean): boolean;
  subscribeDispatchCampaignCalls(campaignID: number, subscribe: boolean): boolean;
  retrieveDispatchPersonalCall(callID: number): boolean;
  retrieveDispatchCommonHoldCall(callID: number): boolean;
  retrieveDispatchVoiceCall(callID: number): boolean;
  retrieveDispatchEmail(callID: number): boolean;
  retrieveDispatchSMS(callID: number): boolean;
  retrieveDispatchCampaignCall(customerID: number): boolean;
  reserveDispatchPersonalCall(callID: number, reserve: boolean): boolean;
  reserveDispatchCommonHoldCall(callID: number, reserve: boolean): boolean;
  reserveDispatchVoiceCall(callID: number, reserve: boolean): boolean;
  reserveDispatchEmail(callID: number, reserve: boolean): boolean;
  reserveDispatchSMS(callID: number, reserve: boolean): boolean;
  reserveDispatchCampaignCall(customerID: number, reserve: boolean): boolean;
  enableDispatchEvents(enable: boolean): boolean;

  setTabHeaderSymbol(tabIndex: number, symbol: string, htmlColor: string): boolean;
  selectTab(tabIndex: number): boolean;
  getAllTabs(): Tab[];
  getTabByName(name: string): Tab | null;
  tabReload(tabIndex: number): boolean;
  tabNavigate(tabIndex: number, url: string): boolean;

  /** Ours: logs the agent on, at this station or at the usual one. */
  logOn(station?: string): boolean;
  /** Ours. */
  logOff(): boolean;
  /** Ours: ends the connection for good. */
  close(): void;
}

export interface AgentClientConstructor {
  /** url: where the bridge listens for pages, with http, https, ws or wss. */
  new (settings: { url: string; token: string }): AgentClient;
  readonly SessionState: { readonly [Name in keyof typeof SessionState]: number };
}

declare global {
  interface Window {
    AgentClient: AgentClientConstructor;
    /** Where the script tag has data-global="agentClient". */
    agentClient?: AgentClient;
  }
}
