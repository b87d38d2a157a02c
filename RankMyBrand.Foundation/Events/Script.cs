namespace RankMyBrand.Foundation.Events;

/// <summary>The Lua scripts that are embedded in this assembly. Each runs atomically on the server.</summary>
internal static class Script
{
    public static readonly string PublishOnce = Load("publish_once");
    public static readonly string TrimAcknowledged = Load("trim_acknowledged");
    public static readonly string DeadLetter = Load("dead_letter");
    public static readonly string RemoveIdleConsumers = Load("remove_idle_consumers");
    public static readonly string HoldEntries = Load("hold_entries");
    public static readonly string OwnSource = Load("own_source");
    public static readonly string DisownSource = Load("disown_source");
    public static readonly string JoinMembers = Load("join_members");

    public static readonly string ReplayDeadLetters = Load("replay_dead_letters");
    public static readonly string ReplayCreate = Load("replay_create");
    public static readonly string ReplayTake = Load("replay_take");
    public static readonly string ReplayAppend = Load("replay_append");
    public static readonly string ReplayChange = Load("replay_change");

    private static string Load(string name)
    {
        using var stream = typeof(Script).Assembly.GetManifestResourceStream($"RankMyBrand.Foundation.Events.Scripts.{name}.lua")
            ?? throw new InvalidOperationException($"The script '{name}' is not embedded in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
