namespace Aspire.Hosting.Runtime;

/// <summary>What the command line asks for.</summary>
internal enum RunVerb
{
    /// <summary>Start everything.</summary>
    Run,

    /// <summary>Delete what runs have left behind.</summary>
    Reset,

    /// <summary>Say what can be asked for.</summary>
    Help,
}

/// <summary>Reads the command line. Whatever is no verb is a setting, which the configuration reads.</summary>
internal static class RunArguments
{
    public const string Usage =
        """
        dotnet run               starts everything; Ctrl-C stops it
        dotnet run -- reset      deletes the data volumes and the generated secrets
        Any setting can follow as KEY=VALUE, for example Parameters:name=value. ASPIRE_CONTAINER_RUNTIME=docker, podman or none (local servers)
        in the environment chooses what runs containers.
        """;

    /// <exception cref="DistributedApplicationException">A word is neither a verb nor a setting, or asks for something else than a run.</exception>
    public static RunVerb Read(string[] args)
    {
        var verb = RunVerb.Run;
        for (var i = 0; i < args.Length; i++)
        {
            var word = args[i];
            if (word is "--help" or "-h" or "-?")
                verb = RunVerb.Help;
            else if (word == "reset" && i == 0)
                verb = RunVerb.Reset;
            else if (AsksToPublish(word, args.ElementAtOrDefault(i + 1)))
                throw new DistributedApplicationException(
                    $"'{word}' asks for a deployment manifest, and this application host can only run the application; leave it out.");
            else if (IsName(word) && i + 1 < args.Length)
                i++; // the value follows
            else if (IsName(word) || !word.Contains('=', StringComparison.Ordinal))
                throw new DistributedApplicationException(
                    $"'{word}' is neither a verb nor a setting with a value; 'reset' as the first word is the only verb, and settings are written KEY=VALUE.");
        }

        return verb;
    }

    // The real package's own words. As settings they would mean nothing here, and everything would start.
    private static bool AsksToPublish(string word, string? next)
    {
        var parts = word.Split('=', 2);
        return IsOption(parts[0], "--publisher")
            || (IsOption(parts[0], "--operation") && !IsOption(parts.ElementAtOrDefault(1) ?? next, "run"));
    }

    private static bool IsOption(string? word, string option) => string.Equals(word, option, StringComparison.OrdinalIgnoreCase);

    private static bool IsName(string word) => word.StartsWith("--", StringComparison.Ordinal) && !word.Contains('=', StringComparison.Ordinal);
}
