using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RankMyBrand.EventProcessor.Brands;
using RankMyBrand.Tests.Support;

namespace RankMyBrand.Tests.EventProcessor.Brands;

public sealed class MetricsApiTests(Servers servers)
{
    [Theory]
    [InlineData("AC%2FDC")]
    [InlineData("ac%2fdc")]
    public async Task Get_BrandWithASlash_IsFound(string path)
    {
        var token = TestContext.Current.CancellationToken;
        await using var database = await BrandsDatabase.CreateAsync(servers, BrandsDatabase.Flavour.Timescale, token);
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new VisibilityStore(database));
        builder.Services.Configure<BrandsOptions>(options => options.Tracked.Add(new BrandOptions { Name = "AC/DC" }));
        await using var app = builder.Build();
        app.MapBrandMetrics();
        await app.StartAsync(token);
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        var metrics = await client.GetFromJsonAsync<JsonNode>($"/api/metrics/brands/{path}", token);

        Assert.Equal("AC/DC", (string?)metrics!["brand"]);
    }
}
