using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

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
    public void Start_WithASettingThatIsNone_NamesItAndThoseThatAre(string key, string value, string expected)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration["ConnectionStrings:redis"] = "127.0.0.1:1,abortConnect=false";
        builder.Configuration["ConnectionStrings:rankmybrand"] = "Host=127.0.0.1;Port=1";
        builder.Configuration[key] = value;
        builder.AddOutbox();
        builder.AddInbox();
        builder.AddEventArchive();
        builder.AddJwtValidation();
        builder.AddJwtIssuer();
        using var host = builder.Build();

        var refusal = Assert.ThrowsAny<Exception>(() => host.Services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains(expected, refusal.ToString(), StringComparison.Ordinal);
    }
}
