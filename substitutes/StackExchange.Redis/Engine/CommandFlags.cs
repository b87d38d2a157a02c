namespace StackExchange.Redis;

/// <summary>How a command is carried out.</summary>
[Flags]
public enum CommandFlags
{
    /// <summary>In the usual way.</summary>
    None = 0,

    /// <summary>Without waiting: the task is complete at once and errors are not reported.</summary>
    FireAndForget = 2,

    /// <summary>On the primary if there is one.</summary>
    PreferMaster = 0,

    /// <summary>Only on a primary.</summary>
    DemandMaster = 4,

    /// <summary>On a replica if there is one.</summary>
    PreferReplica = 8,

    /// <summary>Only on a replica.</summary>
    DemandReplica = DemandMaster | PreferReplica,

    /// <summary>Without following a redirect of a cluster.</summary>
    NoRedirect = 64,

    /// <summary>With the whole script instead of its hash.</summary>
    NoScriptCache = 512,
}
