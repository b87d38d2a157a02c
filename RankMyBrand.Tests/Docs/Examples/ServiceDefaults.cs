using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RankMyBrand.ServiceDefaults.Configuration;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Tests.Docs.Examples.ServiceDefaults;

internal static class Example
{
    public static async Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults();
        builder.Services.AddCheckedOptions<GreetingOptions>("Greeting");
        builder.AddProblem<NobodyThereException>(nobody => Problem.Create(ProblemCode.NotFound, nobody.Message));
        builder.Services.AddHttpClient("registry", http => http.BaseAddress = new Uri("http://registry"));

        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapGet("/greetings/{name}", (string name, IOptions<GreetingOptions> options) => name == "nobody"
            ? throw new NobodyThereException("There is nobody to greet.")
            : $"{options.Value.Word}, {name}!");
        await app.RunAsync();
    }
}

internal sealed class GreetingOptions
{
    [StringLength(20, MinimumLength = 1)]
    public string Word { get; set; } = "Hello";
}

internal sealed class NobodyThereException(string message) : Exception(message);
