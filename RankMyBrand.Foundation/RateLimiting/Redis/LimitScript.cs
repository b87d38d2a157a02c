namespace RankMyBrand.Foundation.RateLimiting.Redis;

/// <summary>The embedded Lua scripts of the limits. The client sends a script's text once, later its hash.</summary>
internal static class LimitScript
{
    public static readonly string Check = Load("check");
    public static readonly string GiveBack = Load("give_back");
    public static readonly string Renew = Load("renew");

    private static string Load(string name)
    {
        using var stream = typeof(LimitScript).Assembly.GetManifestResourceStream($"RankMyBrand.Foundation.RateLimiting.Scripts.{name}.lua")
            ?? throw new InvalidOperationException($"The script '{name}' is not embedded in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
