using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Tests.Foundation.Configuration;

/// <summary>A misspelt setting would otherwise be a default that nobody wanted.</summary>
public sealed class StrictOptionsTests
{
    [Theory]
    [InlineData("Outbox:Relai", "false", "Outbox:Relai is not a setting; those are ")]
    [InlineData("Inbox:Retenton", "7.00:00:00", "Inbox:Retenton is not a setting; those are ")]
    [InlineData("Events:Archive:Retenton", "7.00:00:00", "Events:Archive:Retenton is not a setting; those are ")]
    [InlineData("Security:Jwt:Audience", "rankmybrand", "Security:Jwt:Audience is not a setting; those are Issuer, Audiences, ")]
    [InlineData("Security:Jwt:Algorithms:0", "HS256", "'Security:Jwt:Algorithms:0' is 'HS256'; it must be one of ")]
    [InlineData("Security:JwtIssuer:Isuer", "https://a", "Security:JwtIssuer:Isuer is not a setting; those are ")]
    [InlineData("Security:Jwt:Algorithms:0", "1", "'Security:Jwt:Algorithms:0' is '1'; it must be one of ES256, RS256, EdDSA (JwtAlgorithm).")]
    [InlineData("Security:Jwt:Algorithms:0", "ES256,RS256", "'Security:Jwt:Algorithms:0' is 'ES256,RS256'; it must be one of ES256, RS256")]
    [InlineData("Security:Jwt:Algorithms", "", "'Security:Jwt:Algorithms' is empty; it must have at least one item, or be left out.")]
    [InlineData("Events:Archive:Retention", "", "'Events:Archive:Retention' is empty; it must be a time such as 00:00:30 (TimeSpan), or be left out.")]
    [InlineData("Events:Archive:UpkeepInterval", "", "'Events:Archive:UpkeepInterval' is ''; it must be a time such as 00:00:30 (TimeSpan).")]
    public void Start_WithASettingThatIsNone_NamesItAndThoseThatAre(string key, string value, string expected) =>
        Assert.Contains(expected, Refusal(configuration => configuration[key] = value), StringComparison.Ordinal);

    /// <summary>What only a file can say.</summary>
    [Theory]
    [InlineData("Audiences", """["a", null]""", "'Security:Jwt:Audiences:1' is null; it must be a text (String), or be left out.")]
    [InlineData("Algorithms", "[null]", "'Security:Jwt:Algorithms:0' is null; it must be one of ES256, RS256, EdDSA (JwtAlgorithm), or be left out.")]
    [InlineData("Algorithms", "[]", "'Security:Jwt:Algorithms' is empty; it must have at least one item, or be left out.")]
    public void Start_WithAFileThatSaysNothing_NamesTheSetting(string setting, string json, string expected)
    {
        var file = $$"""{ "Security": { "Jwt": { "{{setting}}": {{json}} } } }""";

        var refusal = Refusal(configuration => configuration.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(file))));

        Assert.Contains(expected, refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Start_WithAnEmptyTextForASettingWithADefault_TakesTheDefaultAway()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration["ConnectionStrings:redis"] = "127.0.0.1:1,abortConnect=false";
        builder.Configuration["ConnectionStrings:rankmybrand"] = "Host=127.0.0.1;Port=1";
        builder.Configuration["Events:Archive:CompressAfter"] = "";
        builder.AddEventArchive();
        using var host = builder.Build();

        Assert.Null(host.Services.GetRequiredService<IOptions<EventArchiveOptions>>().Value.CompressAfter);
    }

    private static string Refusal(Action<ConfigurationManager> configure)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration["ConnectionStrings:redis"] = "127.0.0.1:1,abortConnect=false";
        builder.Configuration["ConnectionStrings:rankmybrand"] = "Host=127.0.0.1;Port=1";
        configure(builder.Configuration);
        builder.AddOutbox();
        builder.AddInbox();
        builder.AddEventArchive();
        builder.AddJwtValidation();
        builder.AddJwtIssuer();
        using var host = builder.Build();

        return Assert.ThrowsAny<Exception>(() => host.Services.GetRequiredService<IStartupValidator>().Validate()).ToString();
    }
}
