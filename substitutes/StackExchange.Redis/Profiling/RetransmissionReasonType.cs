namespace StackExchange.Redis;

/// <summary>Why a command was sent again.</summary>
public enum RetransmissionReasonType
{
    /// <summary>It was not.</summary>
    None = 0,

    /// <summary>The slot is moving.</summary>
    Ask = 1,

    /// <summary>The slot has moved.</summary>
    Moved = 2,
}
