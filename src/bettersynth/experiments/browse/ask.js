// Questions to the server. Addresses are relative, so that the token stays in front of them.

export async function ask(what, words = {}, signal = undefined) {
  const address = `api/${what}?${new URLSearchParams(words)}`;
  return answered(await fetch(address, { signal }));
}

export async function send(what, body) {
  const headers = { "content-type": "application/json" };
  return answered(await fetch(`api/${what}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function answered(response) {
  const answer = response.headers.get("content-type")?.startsWith("application/json")
    ? await response.json()
    : { error: await response.text() };
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

// Of questions that follow each other quickly only the last one is answered.
export function latest(what) {
  let running = new AbortController();
  return async (words) => {
    running.abort();
    running = new AbortController();
    try {
      return await ask(what, words, running.signal);
    } catch (error) {
      if (error.name === "AbortError") return null;
      throw error;
    }
  };
}

export function tell(error) {
  const place = document.getElementById("error");
  place.textContent = error ? error.message : "";
  place.hidden = !error;
}
