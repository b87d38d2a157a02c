using System.Data.Common;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace RankMyBrand.Tests.Substitutes.AspireNpgsql;

public sealed class NpgsqlDataSourceTests
{
    /// <summary>The settings given, and the host that the connection string ends with: the more specific place wins.</summary>
    public static TheoryData<string, string> Precedence => new()
    {
        { "Aspire:Npgsql:ConnectionString=a", "a" },
        { "Aspire:Npgsql:ConnectionString=a Aspire:Npgsql:db:ConnectionString=b", "b" },
        { "Aspire:Npgsql:ConnectionString=a Aspire:Npgsql:db:ConnectionString=b ConnectionStrings:db=c", "c" },
        { "ConnectionStrings:other=x Aspire:Npgsql:ConnectionString=a", "a" },
    };

    [Theory]
    [MemberData(nameof(Precedence))]
    public void ConnectionString_SeveralPlaces_MostSpecificWins(string settings, string expected)
    {
        using var host = Build(settings, builder => builder.AddNpgsqlDataSource("db"));

        Assert.Equal(expected, HostOf(host.Services.GetRequiredService<NpgsqlDataSource>()));
    }

    [Fact]
    public void ConnectionString_InCode_WinsOverConfiguration()
    {
        using var host = Build(
            "ConnectionStrings:db=c", builder => builder.AddNpgsqlDataSource("db", settings => settings.ConnectionString = "Host=code"));

        Assert.Equal("code", HostOf(host.Services.GetRequiredService<NpgsqlDataSource>()));
    }

    [Fact]
    public void ConnectionString_Missing_NamesTheKeyOnceItIsNeeded()
    {
        using var host = Build("Other=x", builder => builder.AddNpgsqlDataSource("db"));

        var error = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<NpgsqlDataSource>());

        Assert.Contains("'ConnectionStrings:db'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Services_NotKeyed_ShareOneDataSource()
    {
        using var host = Build("ConnectionStrings:db=h", builder => builder.AddNpgsqlDataSource("db"));
        var services = host.Services;

        Assert.Same(services.GetRequiredService<NpgsqlDataSource>(), services.GetRequiredService<DbDataSource>());
        using var first = services.GetRequiredService<NpgsqlConnection>();
        using var second = services.GetRequiredService<DbConnection>();
        Assert.NotSame(first, second);
    }

    [Fact]
    public void Services_Keyed_AreApart()
    {
        using var host = Build("ConnectionStrings:one=h1 ConnectionStrings:two=h2", builder =>
        {
            builder.AddKeyedNpgsqlDataSource("one");
            builder.AddKeyedNpgsqlDataSource("two");
        });

        Assert.Equal("h1", HostOf(host.Services.GetRequiredKeyedService<NpgsqlDataSource>("one")));
        Assert.Equal("h2", HostOf(host.Services.GetRequiredKeyedService<NpgsqlDataSource>("two")));
        Assert.Null(host.Services.GetService<NpgsqlDataSource>());
        Assert.Equal(["PostgreSql_one", "PostgreSql_two"], HealthChecks(host));
    }

    [Theory]
    [InlineData("ConnectionStrings:db=h", "PostgreSql")]
    [InlineData("ConnectionStrings:db=h Aspire:Npgsql:DisableHealthChecks=true", "")]
    [InlineData("ConnectionStrings:db=h Aspire:Npgsql:db:DisableHealthChecks=true", "")]
    public void HealthCheck_BySettings_IsRegisteredUnderTheDocumentedName(string settings, string expected)
    {
        using var host = Build(settings, builder => builder.AddNpgsqlDataSource("db"));

        Assert.Equal(expected, string.Join(',', HealthChecks(host)));
    }

    [Fact]
    public async Task HealthCheck_NoServer_IsUnhealthy()
    {
        using var host = Build("ConnectionStrings:db=127.0.0.1;Port=1", builder => builder.AddNpgsqlDataSource("db"));

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HealthStatus.Unhealthy, report.Entries["PostgreSql"].Status);
        Assert.IsAssignableFrom<NpgsqlException>(report.Entries["PostgreSql"].Exception);
    }

    private static string? HostOf(NpgsqlDataSource source) => new NpgsqlConnectionStringBuilder(source.ConnectionString).Host;

    private static IEnumerable<string> HealthChecks(IHost host) =>
        host.Services.GetService<IOptions<HealthCheckServiceOptions>>()?.Value.Registrations.Select(check => check.Name) ?? [];

    // A connection string is written by its host alone, so that the tables stay readable.
    private static IHost Build(string settings, Action<IHostApplicationBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(settings.Split(' ').Select(setting => setting.Split('=', 2)).Select(setting =>
            KeyValuePair.Create(setting[0], (string?)(setting[0].Contains("Disable", StringComparison.Ordinal) ? setting[1] : $"Host={setting[1]}"))));
        configure(builder);
        return builder.Build();
    }
}
