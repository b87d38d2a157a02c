namespace StackExchange.Redis;

/// <summary>When a member of a sorted set is written.</summary>
[Flags]
public enum SortedSetWhen
{
    /// <summary>In every case.</summary>
    Always = 0,

    /// <summary>Only members that exist.</summary>
    Exists = 1 << 0,

    /// <summary>Only when the new score is greater.</summary>
    GreaterThan = 1 << 1,

    /// <summary>Only when the new score is less.</summary>
    LessThan = 1 << 2,

    /// <summary>Only members that do not exist.</summary>
    NotExists = 1 << 3,
}
