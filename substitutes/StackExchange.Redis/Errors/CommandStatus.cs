namespace StackExchange.Redis;

/// <summary>How far a command had come when it failed.</summary>
public enum CommandStatus
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>Not sent: the server has not seen it.</summary>
    WaitingToBeSent = 1,

    /// <summary>Sent: the server may have carried it out.</summary>
    Sent = 2,

    /// <summary>Waiting for a connection: the server has not seen it.</summary>
    WaitingInBacklog = 3,
}
